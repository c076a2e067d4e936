import { connect } from '@ionosphere/grpc';
import { createInterface } from 'node:readline';

interface Line {
  readonly author: string;
  readonly text: string;
}

/** Says each line of its input in the chat, and prints what is said there: `node dist/talk.js localhost:9090 Ann`. */
async function main(): Promise<void> {
  const [address = 'localhost:9090', author = 'gRPC'] = process.argv.slice(2);
  const chat = connect<{ sends: Line; receives: Line }>(`http://${address}/chat`);
  chat.on('message', (line) => console.log(`${line.author}: ${line.text}`));
  chat.on('state', ({ state, reason }) => reason && console.error(`The chat is ${state}: ${reason.message}`));
  for await (const text of createInterface(process.stdin))
    await chat.send({ author, text }).catch((failure: Error) => console.error(`Not said: ${failure.message}`));
  await chat.close();
}

main().catch((error: Error) => {
  console.error(`talk: ${error.message}`);
  process.exitCode = 1;
});
