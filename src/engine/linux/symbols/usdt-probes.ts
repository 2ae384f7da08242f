/**
 * Probes that a program was built with (USDT): notes in the section `.note.stapsdt`, which say where the probe is, where its semaphore is, and
 * where its arguments are at that moment.
 *
 * Format: https://sourceware.org/systemtap/wiki/UserSpaceProbeImplementation. A note is three sizes of 4 bytes (name, description, type 3), the
 * name `stapsdt`, and the description: three addresses of 8 bytes (probe, base, semaphore), then provider, name and arguments, each ended by 0.
 */

import { ElfFileError, type ElfSymbols } from "./elf-symbols.ts";

export interface UsdtProbe {
  readonly provider: string;
  readonly name: string;
  /** As the assembler wrote them: see usdt-arguments.ts. */
  readonly arguments: string;
  /** Bytes from the file's start. */
  readonly offset: number;
  /** Where it is in the file's own addresses. */
  readonly address: number;
  /** A counter (u16) that the program looks at before it computes the arguments: bytes from the file's start; 0 when it has none. */
  readonly semaphore: number;
}

const NOTES = ".note.stapsdt";
/** A section whose place says by how much addresses were moved since the notes were written (prelink). */
const BASE = ".stapsdt.base";
const TYPE = 3;
const ADDRESSES = 24;

/** @throws ElfFileError when the notes are damaged, or speak of places that are not in the file. */
export function usdtProbes(elf: ElfSymbols): readonly UsdtProbe[] {
  const bytes = elf.section(NOTES);
  if (bytes === undefined) return [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { littleEndian } = elf;
  const base = elf.sectionAddress(BASE);
  const probes: UsdtProbe[] = [];
  for (let at = 0; at + 12 <= bytes.length; ) {
    const nameSize = view.getUint32(at, littleEndian);
    const size = view.getUint32(at + 4, littleEndian);
    const type = view.getUint32(at + 8, littleEndian);
    const begin = at + 12 + aligned(nameSize);
    at = begin + aligned(size);
    if (begin + size > bytes.length) throw new ElfFileError(`has damaged notes (${NOTES})`);
    if (type !== TYPE) continue;
    const address = (place: number): number => Number(view.getBigUint64(begin + place * 8, littleEndian));
    const texts = new TextDecoder().decode(bytes.subarray(begin + ADDRESSES, begin + size)).split("\0");
    const [provider = "", name = "", args = ""] = texts;
    if (size < ADDRESSES + 3 || name === "" || texts.length < 4) throw new ElfFileError(`has a note of no probe (${NOTES})`);
    const moved = base === undefined || address(1) === 0 ? 0 : base - address(1);
    const inFile = (place: number, what: string): number => {
      const offset = elf.offsetOf(place);
      if (offset !== undefined) return offset;
      throw new ElfFileError(`has the ${what} of ${provider}:${name} at 0x${place.toString(16)}, which is not loaded from it`);
    };
    const where = address(0) + moved;
    probes.push({
      provider,
      name,
      // Some compilers write `:` for none.
      arguments: args.startsWith(":") ? "" : args,
      offset: inFile(where, "probe"),
      address: where,
      semaphore: address(2) === 0 ? 0 : inFile(address(2) + moved, "semaphore"),
    });
  }
  return probes;
}

/** Names and descriptions of notes begin at multiples of 4. */
const aligned = (size: number): number => Math.ceil(size / 4) * 4;
