// What the official TypeScript types say of every field of every object, read by the compiler itself; prints JSON:
// object -> path -> [may be missing, may be null, may be expanded].
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const root = 'node_modules/stripe/esm/resources';
const files = readdirSync(root, { recursive: true }).filter((name) => name.endsWith('.d.ts')).map((name) => join(root, name));
const program = ts.createProgram(files, { strict: true, skipLibCheck: true, module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext, noEmit: true, types: [] });
const checker = program.getTypeChecker();
const found = {};

function parts(type) {
  return type.isUnion() ? type.types : [type];
}

function named(type) { // the `object` of a whole object, such as 'refund'
  const property = type.getProperty?.('object');
  const value = property && checker.getTypeOfSymbol(property);
  return value?.isStringLiteral() ? value.value : undefined;
}

function walk(type, prefix, into, depth) {
  for (const property of type.getProperties()) {
    const all = parts(checker.getTypeOfSymbol(property));
    const some = all.filter((one) => !(one.flags & (ts.TypeFlags.Null | ts.TypeFlags.Undefined)));
    const text = some.some((one) => one.flags & ts.TypeFlags.String);
    const path = prefix + property.name;
    into[path] = [Boolean(property.flags & ts.SymbolFlags.Optional), all.some((one) => one.flags & ts.TypeFlags.Null),
      text && some.some((one) => named(one))];
    for (const one of some) {
      const inner = checker.isArrayType(one) ? checker.getTypeArguments(one)[0] : one;
      for (const hash of parts(inner)) {
        if ((hash.flags & ts.TypeFlags.Object) && !named(hash) && hash.getProperties().length && depth < 8
          && !hash.getStringIndexType() && !checker.isArrayType(hash)) walk(hash, `${path}.`, into, depth + 1);
      }
    }
  }
}

for (const source of program.getSourceFiles()) {
  if (!source.fileName.includes(root)) continue;
  const module = checker.getSymbolAtLocation(source);
  for (const symbol of module ? checker.getExportsOfModule(module) : []) {
    if (!(symbol.flags & ts.SymbolFlags.Interface) || symbol.name.startsWith('Deleted')) continue;
    const type = checker.getDeclaredTypeOfSymbol(symbol);
    const name = named(type);
    if (name && !found[name]) walk(type, '', found[name] = {}, 0);
  }
}
console.log(JSON.stringify(found));
