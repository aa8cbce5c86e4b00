// What happens in the app, for whoever wants to know:
//
//   changed     something she sees may be different now
//   told        there is something to tell her at once
//   line        the line came, went, or something was sent
//   signed-out  she has to sign in
//   wipe        the clinic or she, from elsewhere, says: delete everything
//   too-old     this app is too old for the site

const happenings = new EventTarget()

export const said = (name) => happenings.dispatchEvent(new Event(name))
export const when = (name, then) => happenings.addEventListener(name, then)
