/** C's names of the integers that programs call `u8` … `i64`: what BTF has under typedefs of those names. */
export const C_INTEGERS = {
  u8: "unsigned char",
  u16: "unsigned short",
  u32: "unsigned int",
  u64: "unsigned long long",
  i8: "signed char",
  i16: "short",
  i32: "int",
  i64: "long long",
} as const satisfies Readonly<Record<string, string>>;
