import type { ClientHistory, ServerNote } from './history.fixture';
import type { Violation } from './ledger.fixture';

/** Holds what the server handled against what a client said. */
export function judgeSpeech(
  { client, said }: ClientHistory,
  server: readonly ServerNote[],
): Pick<Violation, 'what' | 'detail'>[] {
  const violations: Pick<Violation, 'what' | 'detail'>[] = [];
  const heard = new Map<string, number>();
  for (const note of server)
    if (note.note === 'heard' && note.client === client) heard.set(note.text, (heard.get(note.text) ?? 0) + 1);
  for (const { text, outcome } of said) {
    const times = heard.get(text) ?? 0;
    heard.delete(text);
    const detail = `"${text.slice(0, 40)}", ${text.length} characters`;
    if (times > 1) violations.push({ what: 'heard twice', detail });
    if (times === 0 && outcome === 'answered') violations.push({ what: 'unheard', detail });
  }
  for (const text of heard.keys())
    violations.push({ what: 'misheard', detail: `"${text.slice(0, 40)}", ${text.length} characters` });
  return violations;
}
