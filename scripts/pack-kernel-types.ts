/**
 * Packs kernels' own types for offline use: `node scripts/pack-kernel-types.ts 6.12 FILE`, FILE being `/sys/kernel/btf/vmlinux` of
 * such a kernel, as it is or gzipped. Writes data/kernels/6.12.btf.br.
 *
 * All types stay: CO-RE relocations may name any of them, and programs may attach to any function. Sorting the records into columns
 * before compression saves a tenth, which is not worth a decoder.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { brotliCompressSync, constants, gunzipSync } from "node:zlib";
import { openBtf } from "../src/btf/index.ts";

const [name, file] = process.argv.slice(2);
if (name === undefined || file === undefined) throw new Error("usage: node scripts/pack-kernel-types.ts VERSION FILE");
const read = readFileSync(file);
const types = new Uint8Array(read[0] === 0x1f && read[1] === 0x8b ? gunzipSync(read) : read);
if (openBtf(types).find("task_struct", "struct") === undefined)
  throw new Error(`${file} has no task_struct: it is no kernel's types`);
const packed = brotliCompressSync(types, {
  params: {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
    [constants.BROTLI_PARAM_SIZE_HINT]: types.length,
  },
});
writeFileSync(resolve(import.meta.dirname, `../data/kernels/${name}.btf.br`), packed);
console.log(`${name}: ${types.length} bytes, packed ${packed.length}`);
