/** Types: what `skep` exports of them. */

export { formatIpv4, formatIpv6, ipv4, ipv6 } from "./addresses.ts";
export { Btf, openBtf } from "./btf.ts";
export { BtfBuilder } from "./builder.ts";
export { spellDeclaration, spellType } from "./c/declarator.ts";
export { type PrintCOptions, printC } from "./c/print.ts";
export { type Codec, type CodecOptions, makeCodec, type ReusingCodec } from "./codec.ts";
export { type Deduplicated, dedup } from "./dedup.ts";
export { type DiffOptions, diffBtf, type PartChange, type TypeChange } from "./diff.ts";
export { type PrintDtsOptions, printDts } from "./dts/print.ts";
export { BtfError, ValueError } from "./errors.ts";
export type { BtfKind, BtfType, Member, TypeOf } from "./types.ts";
