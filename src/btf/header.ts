/** The header: where the types and the strings of a BTF lie in its bytes. */

import { BtfError } from "./errors.ts";
import { HEADER_SIZE, INFO_RESERVED, KINDS, MAGIC, PART_SIZE, TAIL_SIZE, TYPE_SIZE, VERSION, VLEN_MASK } from "./format.ts";

/** Both sections as ranges of the bytes: `end` is the first byte after. */
export interface Layout {
  readonly littleEndian: boolean;
  readonly typesStart: number;
  readonly typesEnd: number;
  readonly stringsStart: number;
  readonly stringsEnd: number;
}

/**
 * Reads the header, in whichever byte order it is.
 * @throws BtfError when it is no BTF, of an unknown version, or its sections do not lie within the bytes.
 */
export function readHeader(bytes: Uint8Array): Layout {
  if (bytes.length < HEADER_SIZE) {
    throw new BtfError(`expected BTF: a header of ${HEADER_SIZE} bytes, found ${bytes.length} bytes`, { offset: 0 });
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const littleEndian = view.getUint16(0, true) === MAGIC;
  const magic = view.getUint16(0, littleEndian);
  if (magic !== MAGIC) {
    throw new BtfError(`expected BTF's magic number 0x${MAGIC.toString(16)}, found 0x${magic.toString(16)}`, { offset: 0 });
  }
  const version = view.getUint8(2);
  if (version !== VERSION) throw new BtfError(`expected BTF version ${VERSION}, found ${version}`, { offset: 2 });
  const flags = view.getUint8(3);
  if (flags !== 0) throw new BtfError(`expected no flags in the BTF header, found 0x${flags.toString(16)}`, { offset: 3 });
  const headerSize = view.getUint32(4, littleEndian);
  if (headerSize < HEADER_SIZE || headerSize > bytes.length) {
    throw new BtfError(`expected a header length of ${HEADER_SIZE} to ${bytes.length} bytes, found ${headerSize}`, { offset: 4 });
  }
  const typesStart = headerSize + view.getUint32(8, littleEndian);
  const typesEnd = typesStart + view.getUint32(12, littleEndian);
  const stringsStart = headerSize + view.getUint32(16, littleEndian);
  const stringsEnd = stringsStart + view.getUint32(20, littleEndian);
  if (typesEnd > bytes.length) throw outside("types", 8, typesStart, typesEnd, bytes.length);
  if (stringsEnd > bytes.length) throw outside("strings", 16, stringsStart, stringsEnd, bytes.length);
  if ((typesStart - headerSize) % 4 !== 0) {
    throw new BtfError(`expected the types at a multiple of 4 bytes, found them at ${typesStart - headerSize}`, { offset: 8 });
  }
  if (stringsEnd > stringsStart && bytes[stringsEnd - 1] !== 0) {
    throw new BtfError("expected the strings to end with a NUL", { offset: stringsEnd - 1 });
  }
  return { littleEndian, typesStart, typesEnd, stringsStart, stringsEnd };
}

function outside(section: string, offset: number, start: number, end: number, size: number): BtfError {
  return new BtfError(`expected the ${section} within ${size} bytes, found them from ${start} to ${end}`, { offset });
}

/**
 * Walks over the type records once and returns where each starts; index 0 is the first record. Checks that every record
 * is of a known kind and whole. Hot: 127,000 records of a kernel.
 * @throws BtfError at the first record that is not.
 */
export function locateTypes(view: DataView, layout: Layout, firstId: number): Uint32Array {
  const { littleEndian, typesStart, typesEnd } = layout;
  // No record is shorter than 12 bytes, so this is at most a third of the section.
  const starts = new Uint32Array(Math.ceil((typesEnd - typesStart) / TYPE_SIZE));
  let count = 0;
  let at = typesStart;
  while (at < typesEnd) {
    if (at + TYPE_SIZE > typesEnd) throw cutOff(firstId + count, at, typesEnd);
    const info = view.getUint32(at + 4, littleEndian);
    const kind = (info >>> 24) & 31;
    if (kind === 0 || kind >= KINDS.length) {
      throw new BtfError(`expected a kind from 1 to ${KINDS.length - 1}, found ${kind}`, {
        type: firstId + count,
        offset: at + 4,
      });
    }
    if ((info & INFO_RESERVED) !== 0) {
      const found = `0x${info.toString(16)}`;
      throw new BtfError(`expected reserved bits of zero, found info ${found}`, { type: firstId + count, offset: at + 4 });
    }
    const end = at + TYPE_SIZE + TAIL_SIZE[kind]! + (info & VLEN_MASK) * PART_SIZE[kind]!;
    if (end > typesEnd) throw cutOff(firstId + count, at, typesEnd);
    starts[count++] = at;
    at = end;
  }
  return starts.slice(0, count);
}

function cutOff(type: number, at: number, end: number): BtfError {
  return new BtfError(`expected a whole type, found the end of the types after ${end - at} bytes of it`, { type, offset: at });
}
