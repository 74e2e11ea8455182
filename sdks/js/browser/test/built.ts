// What the unit tests look at.
export { BYTES_MAX, IN, OUT, harmless, known } from '../src/shared/wire';
export { form } from '../src/shared/bracket';
export { returning } from '../src/loader/returning';
