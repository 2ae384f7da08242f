import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { type Btf, openBtf } from "../btf.ts";
import { BtfBuilder } from "../builder.ts";
import { BtfError } from "../errors.ts";
import { everyKind } from "../testing.ts";
import { printC } from "./print.ts";

const clang = ["clang-19", "clang"].find((name) => spawnSync(name, ["--version"]).status === 0);
const noClang = clang === undefined && "no clang";

test("structs, typedefs, enums and unions", () => {
  const { bytes } = everyKind();
  assert.equal(
    printC(openBtf(bytes), { header: false }),
    `struct node;

struct node {
	struct node *next;
	long unsigned int key;
	int low: 3;
	int high: 29;
	long: 32;
	char name[16];
};

union either {
	long unsigned int number;
	struct node *pointer;
};

enum color {
	RED = -1,
	GREEN = 7,
};

enum flags {
	TOP = 9223372036854775808ULL,
};

typedef volatile const struct node node_t;

`,
  );
});

/** The declaration of a member named `x`, and what had to come before. */
function declare(type: (b: BtfBuilder) => number): string {
  const b = new BtfBuilder();
  const alias = b.typedef("x", type(b));
  return printC(openBtf(b.encode()), { header: false, types: [alias] }).trim();
}

test("declarators go from the name outwards", () => {
  const int = (b: BtfBuilder): number => b.int("int", 4, { signed: true });
  const cases: [(b: BtfBuilder) => number, string][] = [
    [(b) => b.pointer(0), "typedef void *x;"],
    [(b) => b.pointer(b.const(int(b))), "typedef const int *x;"],
    [(b) => b.const(b.pointer(int(b))), "typedef int *const x;"],
    [(b) => b.const(b.array(int(b), 3)), "typedef const int x[3];"],
    [(b) => b.array(b.pointer(int(b)), 3), "typedef int *x[3];"],
    [(b) => b.pointer(b.array(int(b), 3)), "typedef int (*x)[3];"],
    [(b) => b.array(b.array(int(b), 3), 2), "typedef int x[2][3];"],
    [(b) => b.pointer(b.prototype(0, [], true)), "typedef void (*x)(...);"],
    [(b) => b.array(b.pointer(b.prototype(int(b), [{ name: "a", type: int(b) }])), 2), "typedef int (*x[2])(int a);"],
    [(b) => b.pointer(b.prototype(b.pointer(b.prototype(0, [])), [])), "typedef void (*(*x)(void))(void);"],
    [(b) => b.pointer(b.forward("later", "struct")), "struct later;\n\ntypedef struct later *x;"],
    [(b) => b.struct("", 4, [{ name: "a", type: int(b), bitOffset: 0 }]), "typedef struct {\n\tint a;\n} x;"],
    [(b) => b.enum("", 1, [{ name: "A", value: 1 }]), "typedef enum {\n\tA = 1,\n} __attribute__((mode(QI))) x;"],
  ];
  for (const [type, expected] of cases) assert.equal(declare(type), expected);
});

test("what is used by value comes first", () => {
  const b = new BtfBuilder();
  const outer = b.reserve();
  const inner = b.reserve();
  b.struct("outer", 8, [{ name: "inner", type: inner, bitOffset: 0 }], outer);
  b.struct("inner", 8, [{ name: "back", type: b.pointer(outer), bitOffset: 0 }], inner);
  const text = printC(openBtf(b.encode()), { header: false });
  assert.deepEqual(text.match(/^struct \w+( \{|;)$/gm), ["struct outer;", "struct inner {", "struct outer {"]);
});

test("types of one name get flavours", () => {
  const b = new BtfBuilder();
  b.struct("state", 0, []);
  b.struct("state", 0, []);
  b.enum("a", 4, [{ name: "ONE", value: 1 }]);
  b.enum("b", 4, [{ name: "ONE", value: 1 }]);
  const text = printC(openBtf(b.encode()), { header: false });
  assert.match(text, /struct state \{\};\n\nstruct state___2 \{\};/);
  assert.match(text, /ONE___2 = 1/);
});

test("kfuncs come with the header, weak", () => {
  const b = new BtfBuilder();
  const task = b.pointer(b.forward("task_struct", "struct"));
  const release = b.function("bpf_task_release", b.prototype(0, [{ name: "p", type: task }]), "static");
  b.function("other", b.prototype(0, []), "static");
  b.declTag("bpf_kfunc", release);
  const text = printC(openBtf(b.encode()));
  assert.match(text, /^struct task_struct;$/m);
  assert.match(text, /^extern void bpf_task_release\(struct task_struct \*p\) __weak __ksym;$/m);
  assert.doesNotMatch(text, /other/);
});

test("names that are no C become C, and cannot break out of it", () => {
  const b = new BtfBuilder();
  const int = b.int("u32; evil", 4);
  b.struct("core::option::Option<u32>", 4, [{ name: "int", type: int, bitOffset: 0 }]);
  assert.equal(printC(openBtf(b.encode()), { header: false }), "struct core__option__Option_u32_ {\n\tu32__evil int_;\n};\n\n");
});

test("what C cannot say is refused", () => {
  const overlapping = new BtfBuilder();
  const int = overlapping.int("int", 4);
  overlapping.struct("overlapping", 6, [
    { name: "a", type: int, bitOffset: 0 },
    { name: "b", type: int, bitOffset: 16 },
  ]);
  assert.throws(() => printC(openBtf(overlapping.encode())), { name: "BtfError", message: /expected b behind the one before/ });
  const endless = new BtfBuilder();
  const self = endless.reserve();
  endless.struct("self", 8, [{ name: "self", type: self, bitOffset: 0 }], self);
  assert.throws(() => printC(openBtf(endless.encode())), BtfError);
});

test("clang comes to the same places", { skip: noClang }, () => {
  const b = new BtfBuilder();
  const u8 = b.int("unsigned char", 1);
  const u16 = b.int("unsigned short", 2);
  const u32 = b.int("unsigned int", 4);
  const u64 = b.int("unsigned long", 8);
  const member = (name: string, type: number, bitOffset: number, bitSize = 0) => ({ name, type, bitOffset, bitSize });
  const packed = b.struct("packed", 7, [member("a", u16, 0), member("b", u32, 16), member("c", u8, 48)]);
  b.struct("holds_packed", 16, [member("a", u8, 0), member("b", packed, 8), member("c", u64, 64)]);
  b.struct("padded", 128, [member("a", u8, 0), member("b", u8, 512)]);
  b.struct("far", 1 << 20, [member("a", u32, 0), member("b", u8, 4096 * 8)]);
  b.struct("odd_place", 16, [member("a", u8, 0), member("b", packed, 24)]);
  b.struct("bits", 16, [member("a", u32, 0, 3), member("b", u32, 32, 5), member("c", u8, 40), member("d", u64, 64, 60)]);
  b.struct("straddling", 5, [member("a", u32, 0, 20), member("b", u32, 20, 20)]);
  b.struct("after_bits", 12, [member("a", u32, 5, 3), member("b", u16, 16), member("c", u32, 64)]);
  b.union("aligned", 64, [member("a", u8, 0), member("b", u64, 0)]);
  b.struct("empty", 0, []);
  b.struct("flexible", 4, [member("a", u32, 0), member("b", b.array(u16, 0), 32)]);
  assertSamePlaces(openBtf(b.encode()));
});

for (const file of ["/sys/kernel/btf/vmlinux"]) {
  const skip = noClang || (!existsSync(file) && `no ${file}`);
  test("the running kernel's types compile, and lie where they lie", { skip }, () => {
    assertSamePlaces(openBtf(readFileSync(file)));
  });
}

const TAGS: ReadonlySet<string> = new Set(["struct", "union", "enum", "enum64"]);

/** Has clang check the size of every struct and the place of every member that is no bit-field. */
function assertSamePlaces(btf: Btf): void {
  const header = printC(btf);
  const lines: string[] = [];
  for (const id of btf.ids()) {
    const type = btf.type(id);
    if ((type.kind !== "struct" && type.kind !== "union") || type.name === "" || !/^\w+$/.test(type.name)) continue;
    // Of several types with one name, the first printed has it. A `va_list` is the compiler's own.
    const tags = btf.flavours(type.name).filter((other) => TAGS.has(btf.kind(other)));
    if (tags.length > 1 || type.name === "warn_args") continue;
    const tag = `${type.kind} ${type.name}`;
    lines.push(`_Static_assert(sizeof(${tag}) == ${type.size}, "${tag}");`);
    for (const { name, bitOffset, bitSize } of type.members) {
      if (name === "" || bitSize !== 0) continue;
      lines.push(`_Static_assert(__builtin_offsetof(${tag}, ${name}) == ${bitOffset / 8}, "${tag}.${name}");`);
    }
  }
  const input = `${header}\n${lines.join("\n")}\n`;
  const options = ["-target", "bpf", "-x", "c", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-ferror-limit=5", "-"];
  const { status, stderr } = spawnSync(clang!, options, { input, encoding: "utf8", maxBuffer: 1 << 26 });
  assert.equal(status, 0, stderr);
  assert.ok(lines.length > 5);
}
