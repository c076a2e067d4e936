/** Keeps a text for the next visit. */
export function remember(key, value) {
  try {
    localStorage.setItem(`ionosphere-chat-${key}`, value);
  } catch {
    // Storage is switched off; it is only a convenience.
  }
}

/** The text that was kept; empty when there is none. */
export function recall(key) {
  try {
    return localStorage.getItem(`ionosphere-chat-${key}`) ?? '';
  } catch {
    return '';
  }
}
