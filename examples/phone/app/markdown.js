// Markdown as Waymark's articles use it, built as elements and never as HTML: headings, lists,
// paragraphs, bold and italic.  What else there is stays as it is written.

import { el } from './dom.js'

const BULLET = /^[-*] +/
const NUMBER = /^\d+[.)] +/
const PIECES = /(\*\*[^*]+\*\*|\*[^*]+\*|\[[^\]]+\]\(https:\/\/[^)\s]+\))/

/** The elements of a text; its headings begin at `level`. */
export function markdown(text, level) {
  return text.split(/\n\s*\n/).map((block) => block.trim()).filter(Boolean).map((block) => of(block, level))
}

function of(block, level) {
  const heading = block.match(/^(#+) +(.*)$/s)
  if (heading) return el(`h${Math.min(6, level + Math.max(0, heading[1].length - 2))}`, {}, inline(heading[2]))
  const kind = BULLET.test(block) ? BULLET : NUMBER.test(block) ? NUMBER : null
  if (!kind) return el('p', {}, inline(block.replaceAll('\n', ' ')))
  const items = block.split('\n').reduce((found, line) => {
    if (kind.test(line)) found.push(line.replace(kind, ''))
    else found[found.length - 1] += ` ${line.trim()}` // goes on in the next line
    return found
  }, [])
  return el(kind === BULLET ? 'ul' : 'ol', {}, items.map((one) => el('li', {}, inline(one))))
}

function inline(text) {
  return text.split(PIECES).filter(Boolean).map((piece) => {
    if (piece.startsWith('**')) return el('strong', {}, piece.slice(2, -2))
    if (piece.startsWith('*') && piece.endsWith('*') && piece.length > 2) return el('em', {}, piece.slice(1, -1))
    const link = piece.match(/^\[([^\]]+)\]\((https:[^)]+)\)$/)
    return link ? el('a', { href: link[2], rel: 'noreferrer', target: '_blank' }, link[1]) : piece
  })
}
