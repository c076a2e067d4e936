import { binaryCodec, jsonCodec, textCodec } from '@ionosphere/core';
import { codecSuite } from './index';

codecSuite({
  name: 'the text codec',
  codec: textCodec,
  samples: [
    { value: 'hello', payload: 'hello' },
    { value: 'Zoë 😀', payload: 'Zoë 😀' },
    { value: '', payload: '' },
  ],
  malformed: [Uint8Array.of(0xff)],
});

codecSuite({
  name: 'the binary codec',
  codec: binaryCodec,
  samples: [{ value: Uint8Array.of(0, 1, 255), payload: Uint8Array.of(0, 1, 255) }],
});

codecSuite<unknown>({
  name: 'the JSON codec',
  codec: jsonCodec,
  samples: [
    { value: { a: [1, 'b', null], c: { d: true } }, payload: '{"a":[1,"b",null],"c":{"d":true}}' },
    { value: 'text', payload: Buffer.from('"text"') },
    { value: 0, payload: ' 0 ' },
  ],
  malformed: ['{', '', '{"a":}', Uint8Array.of(0xff)],
});
