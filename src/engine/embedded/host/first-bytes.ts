/** Says what a file that is no capture looks like, so that the error helps: most such files are a slip of the hand. */

/** First bytes of kinds of files, longest first where one begins with another. */
const SIGNATURES: readonly (readonly [kind: string, ...bytes: number[]])[] = [
  ["an ELF object", 0x7f, 0x45, 0x4c, 0x46],
  ["a file compressed by zstd (decompress it with unzstd)", 0x28, 0xb5, 0x2f, 0xfd],
  ["a file compressed by xz (decompress it with unxz)", 0xfd, 0x37, 0x7a, 0x58, 0x5a],
  ["a file compressed by bzip2 (decompress it with bunzip2)", 0x42, 0x5a, 0x68],
  ["a file compressed by lz4 (decompress it with unlz4)", 0x04, 0x22, 0x4d, 0x18],
  ["a zip archive", 0x50, 0x4b, 0x03, 0x04],
  ["a file compressed by gzip", 0x1f, 0x8b],
  ["a snoop capture (convert it with editcap -F pcapng)", 0x73, 0x6e, 0x6f, 0x6f, 0x70, 0x00],
  ["a Microsoft Network Monitor capture (convert it with editcap -F pcapng)", 0x47, 0x4d, 0x42, 0x55],
  ["a WebAssembly module", 0x00, 0x61, 0x73, 0x6d],
  ["a PDF document", 0x25, 0x50, 0x44, 0x46],
  ["a PNG image", 0x89, 0x50, 0x4e, 0x47],
];

/** For the blank in "this is ...". Looks at no more than the first 64 bytes. */
export function describeFirstBytes(bytes: Uint8Array): string {
  if (bytes.length === 0) return "an empty file";
  for (const [kind, ...signature] of SIGNATURES) {
    if (signature.every((byte, index) => bytes[index] === byte)) return kind;
  }
  const head = bytes.subarray(0, 64);
  const text = textOf(head);
  if (text !== null) {
    const line = text.split(/[\r\n]/, 1)[0] ?? "";
    return `text: ${JSON.stringify(line.length > 24 ? `${line.slice(0, 24)}…` : line)}`;
  }
  return `something unknown that begins with the bytes ${Array.from(head.subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join(" ")}`;
}

/** UTF-8 without control characters, perhaps cut within the last character; null when it is not. */
function textOf(bytes: Uint8Array): string | null {
  if (bytes.some((byte) => byte === 127 || (byte < 32 && byte !== 9 && byte !== 10 && byte !== 13))) return null;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
  } catch {
    return null;
  }
}
