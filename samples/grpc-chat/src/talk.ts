import { GrpcClient } from '@ionosphere/grpc';
import { createInterface } from 'node:readline';

/** Says each line of its input in the chat, and prints what is said there: `node dist/talk.js localhost:9090 Ann`. */
async function main(): Promise<void> {
  const [address = 'localhost:9090', author = 'gRPC'] = process.argv.slice(2);
  const client = new GrpcClient(address);
  const chat = await client.subscribe('/chat', {
    onMessage: (payload) => {
      const line = JSON.parse(String(payload)) as { author: string; text: string };
      console.log(`${line.author}: ${line.text}`);
    },
    onEnd: (failure) => console.error(`The chat is over: ${failure?.message ?? 'goodbye'}`),
  });
  for await (const text of createInterface(process.stdin))
    await chat.send({ author, text }).catch((failure: Error) => console.error(`Not said: ${failure.message}`));
  await client.close();
}

main().catch((error: Error) => {
  console.error(`talk: ${error.message}`);
  process.exitCode = 1;
});
