// Written into the script by the vault when it serves it: which installation this is, and by which train it was asked for.

export const settings = { train: '@train@', base: '@elements@', pay: '@pay@', docs: '@docs@' };
