// Writes a .br and a .gz beside each file of a folder, where compression makes it smaller: node
// precompress.mjs FOLDER
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const folder = process.argv[2];
const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } };
for (const name of readdirSync(folder, { recursive: true })) {
  const file = join(folder, name);
  if (!statSync(file).isFile()) continue;
  const content = readFileSync(file);
  for (const [ending, compressed] of [
    ['br', brotliCompressSync(content, quality)],
    ['gz', gzipSync(content, { level: 9 })],
  ]) {
    if (compressed.length < content.length) writeFileSync(`${file}.${ending}`, compressed);
  }
}
