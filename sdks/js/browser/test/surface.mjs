// The methods of the official Stripe type, read by the compiler itself; prints JSON.
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(join(process.cwd(), 'x.js'));
const ts = require('typescript');
const file = join(process.cwd(), 'node_modules/@stripe/stripe-js/dist/stripe-js/stripe.d.ts');
const program = ts.createProgram([file], { strict: true, skipLibCheck: true, noEmit: true, types: [], lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'] });
const checker = program.getTypeChecker();
const found = checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(file))).find((one) => one.name === 'Stripe');
console.log(JSON.stringify(checker.getDeclaredTypeOfSymbol(found).getProperties().map((one) => one.name)));
