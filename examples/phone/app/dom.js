// Building what is shown.  Text goes in as text: nothing here is ever read as HTML.

/**
 * An element.  `props` are attributes; `on…` is what to do on that event, `class`, `for` and the
 * like as in HTML; what is false or null is left out.
 */
export function el(name, props = {}, ...children) {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(props)) {
    if (value === false || value === null || value === undefined) continue
    if (key.startsWith('on')) made.addEventListener(key.slice(2), value)
    else made.setAttribute(key, value === true ? '' : value)
  }
  made.append(...children.flat(3).filter((one) => one !== null && one !== undefined && one !== false))
  return made
}

export const paragraphs = (text) => text.split(/\n{2,}/).map((one) => el('p', {}, one))

export const button = (words, onclick, props = {}) =>
  el('button', { type: 'button', onclick, ...props }, words)

export const link = (words, to, props = {}) => el('a', { href: to, ...props }, words)

/** A number to call: one tap dials it. */
export const phone = (words, number) =>
  el('a', { class: 'call', href: `tel:${number.replace(/[^+0-9]/g, '')}` }, `${words}: `, el('span', {}, number))

export const box = (...children) => el('section', { class: 'box' }, ...children)
