// The long run of tests/fuzz: 100 000 random inputs and 100 000 mutated valid ones for each parser and each transport.
// FUZZ_RUNS takes another number, FUZZ_SEED repeats a run. Further arguments go to jest: npm run fuzz -- transports
process.env.FUZZ_RUNS ??= '100000';
const [, , pattern = '', ...more] = process.argv;
process.argv.splice(2, Infinity, `tests/fuzz/.*${pattern}`, ...more);
await import('./test.mjs');
