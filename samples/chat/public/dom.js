/** The element with an id. */
export const byId = (id) => document.getElementById(id);

/**
 * A new element. Text only ever becomes text: nothing in this page is built from HTML.
 *
 * @param content texts and elements, in order
 */
export function element(tag, { className, ...attributes } = {}, ...content) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...content);
  return made;
}

/** A colour of its own for every name, as an angle on the colour wheel. */
export function hueOf(name) {
  let hash = 7;
  for (const character of name) hash = (hash * 31 + character.codePointAt(0)) % 9973;
  return (hash * 137) % 360;
}

/** A round sign for a person: colour and initial. */
export function avatar(name) {
  const initial = [...name.trim()][0]?.toLocaleUpperCase() ?? '?';
  const made = element('span', { className: 'avatar', 'aria-hidden': 'true' }, initial);
  made.style.setProperty('--person', hueOf(name));
  return made;
}
