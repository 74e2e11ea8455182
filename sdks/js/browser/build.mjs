// Builds static/browser/ from src/: one script for merchants' pages, one for each kind of frame. `--from DIR` reads and
// `--to DIR` writes elsewhere.
import { build } from 'esbuild';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const given = (name, otherwise) => (process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : otherwise);
const here = given('--from', dirname(fileURLToPath(import.meta.url)));
const outdir = given('--to', join(here, '../../../static/browser'));

await build({
  absWorkingDir: here,
  entryPoints: {
    stripe: 'src/loader/main.ts',
    controller: 'src/frames/controller.ts',
    card: 'src/frames/card.ts',
    payment: 'src/frames/payment.ts',
    address: 'src/frames/address.ts',
    challenge: 'src/frames/challenge.ts',
    frame: 'src/frames/frame.css',
  },
  outdir,
  bundle: true,
  minify: true,
  format: 'iife',
  target: ['es2020'],
  charset: 'utf8',
  legalComments: 'none',
});
