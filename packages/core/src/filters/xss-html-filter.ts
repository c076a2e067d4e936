import type { Filter, FilterAction } from './filter';

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * Writes HTML's own characters in texts as entities, so that a page that puts a text where HTML goes shows it as it is.
 * Values that are no texts pass unchanged, whatever texts are in them.
 */
export class XSSHtmlFilter implements Filter {
  filter(message: unknown): FilterAction {
    if (typeof message !== 'string') return { action: 'CONTINUE', message };
    return {
      action: 'CONTINUE',
      message: message.replace(/[&<>"']/g, (character) => entities[character] ?? character),
    };
  }
}
