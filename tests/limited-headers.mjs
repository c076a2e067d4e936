// A server whose limit of headers is its own: the native library asks for it once in the life of a process.
import 'reflect-metadata';
import { serve } from '@ionosphere/server';

const options = { port: 0, host: '127.0.0.1', services: [], signals: [] };
const { port } = await serve({ ...options, limits: { maxHeaderBytes: 8192 } });
const second = await serve({ ...options, limits: { maxHeaderBytes: 4096 } }).catch((error) => error.message);
console.log(second);
console.log(`ready ${port} `);
