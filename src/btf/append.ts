/** More strings for a finished BTF: the kernel takes the text of source lines from there. */

import { BtfError } from "./errors.ts";
import { HEADER_SIZE } from "./format.ts";
import { readHeader } from "./header.ts";

/**
 * Returns a copy of `types` whose string section also holds `texts`, and the offset of each: what `func_info` and
 * `line_info` of `BPF_PROG_LOAD` refer to. Types and their ids stay the same. A text that comes twice is stored once; the
 * empty text is offset 0.
 *
 * @throws BtfError when `types` has no valid header, or a text contains a NUL.
 */
export function appendStrings(types: Uint8Array, texts: readonly string[]): { types: Uint8Array; offsets: Uint32Array } {
  const layout = readHeader(types);
  const typesSize = layout.typesEnd - layout.typesStart;
  let stringsSize = layout.stringsEnd - layout.stringsStart;
  const offsets = new Uint32Array(texts.length);
  const known = new Map<string, number>([["", 0]]);
  const added: Uint8Array[] = [];
  texts.forEach((text, index) => {
    let offset = known.get(text);
    if (offset === undefined) {
      if (text.includes("\0")) throw new BtfError(`expected a text without NUL, found ${JSON.stringify(text)}`);
      const bytes = encoder.encode(text);
      offset = stringsSize;
      known.set(text, offset);
      added.push(bytes);
      stringsSize += bytes.length + 1;
    }
    offsets[index] = offset;
  });

  const result = new Uint8Array(HEADER_SIZE + typesSize + stringsSize);
  const view = new DataView(result.buffer);
  result.set(types.subarray(0, 4));
  view.setUint32(4, HEADER_SIZE, layout.littleEndian);
  view.setUint32(12, typesSize, layout.littleEndian);
  view.setUint32(16, typesSize, layout.littleEndian);
  view.setUint32(20, stringsSize, layout.littleEndian);
  result.set(types.subarray(layout.typesStart, layout.typesEnd), HEADER_SIZE);
  let at = HEADER_SIZE + typesSize;
  result.set(types.subarray(layout.stringsStart, layout.stringsEnd), at);
  at += layout.stringsEnd - layout.stringsStart;
  for (const bytes of added) {
    result.set(bytes, at);
    at += bytes.length + 1;
  }
  return { types: result, offsets };
}

const encoder = new TextEncoder();
