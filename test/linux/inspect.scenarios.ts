/** What is told of programs, maps and types that this process made, beside what bpftool tells of them. See scenario.ts. */

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toJson } from "../../src/cli/maps.ts";
import { compileSource } from "../../src/compiler/compile.ts";
import type { BpfMap, Collection } from "../../src/engine/engine.ts";
import type { LinkInfo } from "../../src/engine/link-info.ts";
import { cgroupRoot } from "../../src/engine/linux/cgroups.ts";
import { LinuxEngine, openLinux } from "../../src/engine/linux/engine.ts";
import { MACHINE } from "../../src/engine/linux/facts.ts";
import { program } from "../../src/engine/linux/fixtures/programs.ts";
import { type KernelInspector, openInspector } from "../../src/engine/linux/inspect/inspector.ts";
import type { MapInfo, ProgramInfo } from "../../src/engine/linux/inspect/types.ts";
import { LINK_TYPE } from "../../src/engine/linux/links/info-layout.ts";
import { openNative } from "../../src/engine/linux/sys/native.ts";
import type { Transport } from "../../src/engine/linux/sys/transport.ts";
import { COMMAND } from "../../src/uapi/commands.ts";
import { MAP_TYPE } from "../../src/uapi/map-types.ts";
import { PROGRAM_TYPE } from "../../src/uapi/program-types.ts";
import { fixture } from "./fixtures.ts";
import { withoutTcx } from "./older-kernels.ts";
import { bpftool, main } from "./scenario.ts";

type Json = Readonly<Record<string, unknown>>;

/** What differs, field by field: `name: ours, theirs`. Fields of theirs that we have no answer to differ, too. */
function differences(what: string, ours: Json, theirs: Json): string[] {
  const names = new Set([...Object.keys(ours), ...Object.keys(theirs)]);
  return [...names].flatMap((name) => {
    const [own, other] = [JSON.stringify(ours[name]), JSON.stringify(theirs[name])];
    return own === other ? [] : [`${what}: ${name}: ${own}, bpftool says ${other}`];
  });
}

/** Older bpftools print the number of a type that they do not know. */
const typeFor = (theirs: unknown, name: string, numbers: Readonly<Record<string, number>>): unknown =>
  typeof theirs === "number" ? numbers[name] : name;

/** As bpftool has it. */
function programAsJson(info: ProgramInfo, theirs: Json, pinned: readonly string[]): Json {
  const { statistics } = info;
  const seconds = Math.round(Number(info.loadedAt) / 1000);
  return {
    id: info.id,
    type: typeFor(theirs["type"], info.type, PROGRAM_TYPE),
    name: info.name,
    tag: info.tag,
    gpl_compatible: info.gplCompatible,
    ...(statistics.runTime === 0 ? {} : { run_time_ns: statistics.runTime, run_cnt: statistics.runCount }),
    ...(statistics.recursionMisses === 0 ? {} : { recursion_misses: statistics.recursionMisses }),
    // Both compute it from two clocks.
    loaded_at: Math.abs(seconds - Number(theirs["loaded_at"])) <= 2 ? theirs["loaded_at"] : seconds,
    uid: info.uid,
    bytes_xlated: info.translatedBytes,
    jited: info.jitedBytes > 0,
    ...(info.jitedBytes > 0 ? { bytes_jited: info.jitedBytes } : {}),
    bytes_memlock: info.memory,
    ...(info.maps.length === 0 ? {} : { map_ids: info.maps }),
    ...(info.btf === null ? {} : { btf_id: info.btf }),
    ...(pinned.length === 0 ? {} : { pinned }),
    ...processes(theirs),
  };
}

/** This process loaded what it compares. Some bpftools know it. */
const processes = ({ pids }: Json): Json => (pids === undefined ? {} : { pids: [{ pid: process.pid, comm: command() }] });
const command = (): string => readFileSync("/proc/self/comm", "utf8").trim();

function mapAsJson(info: MapInfo, theirs: Json, pinned: readonly string[]): Json {
  return {
    id: info.id,
    type: typeFor(theirs["type"], info.type, MAP_TYPE),
    ...(info.name === "" ? {} : { name: info.name }),
    flags: info.flags,
    bytes_key: info.keySize,
    bytes_value: info.valueSize,
    max_entries: info.maxEntries,
    bytes_memlock: info.memory,
    ...(info.owner === null ? {} : { owner_prog_type: info.owner.type, owner_jited: info.owner.jited }),
    frozen: info.frozen ? 1 : 0,
    ...(info.types === null ? {} : { btf_id: info.types.btf }),
    ...(pinned.length === 0 ? {} : { pinned }),
    ...processes(theirs),
  };
}

async function loaded<Answer>(
  name: string,
  use: (inspector: KernelInspector, collection: Collection) => Answer | Promise<Answer>,
): Promise<Answer> {
  await using engine = await openLinux();
  await using collection = await engine.load(fixture(name));
  using inspector = await openInspector();
  return await use(inspector, collection);
}

/** Programs and maps of the kernel, in hand. */
const handles = (objects: Readonly<Record<string, unknown>>) => Object.values(objects) as { readonly fd: number }[];

function compareInfos(name: string) {
  return loaded(name, (inspector, { programs, maps }) => {
    const found: string[] = [];
    for (const handle of handles(programs)) {
      const info = inspector.program(handle);
      const theirs = bpftool("prog", "show", "id", String(info.id));
      found.push(...differences(`program ${info.name}`, programAsJson(inspector.program(info.id), theirs, []), theirs));
    }
    for (const handle of handles(maps)) {
      const info = inspector.map(handle);
      const theirs = bpftool("map", "show", "id", String(info.id));
      found.push(...differences(`map ${info.name}`, mapAsJson(inspector.map(info.id), theirs, []), theirs));
    }
    return { programs: handles(programs).length, maps: handles(maps).length, found };
  });
}

interface DumpedInstruction {
  readonly proto?: string;
  readonly src?: string;
  readonly disasm: string;
  readonly opcodes: {
    readonly code: string;
    readonly src_reg: string;
    readonly dst_reg: string;
    readonly off: string[];
    readonly imm: string[];
  };
}

/** Our text as bpftool would print it: numbers in the place of names, and distances where names are. */
function asBpftool(text: string, { code, imm }: { readonly code: string; readonly imm: string[] }): string {
  const bytes = Uint8Array.from(imm, Number);
  const number = new DataView(bytes.buffer).getInt32(0, true);
  const plain = text
    .replace(/map \S+ \(id (\d+)\)/, "map[id:$1]")
    .replace(/^(call [a-z_]\w+)$/, `$1#${number}`)
    .replace(/(subprog\[\S+\]) \w+$/, "$1")
    .replace(/ ll( \(\w+\))?$/, "");
  return `(${Number(code).toString(16).padStart(2, "0")}) ${plain}`;
}

/** Null where bpftool was built without what it disassembles with: it then writes no bytes either. */
function dumpMachineCode(id: number, file: string): Buffer | null {
  const { status } = spawnSync("bpftool", ["prog", "dump", "jited", "id", String(id), "file", file]);
  return status === 0 ? readFileSync(file) : null;
}

function compareCode(name: string) {
  return loaded(name, (inspector, { programs }) => {
    const found: string[] = [];
    const folder = mkdtempSync(join(tmpdir(), "skep-inspect-"));
    const symbols = readFileSync("/proc/kallsyms", "latin1");
    try {
      for (const handle of handles(programs)) {
        const info = inspector.program(handle);
        const code = inspector.translated(info.id);
        const theirs = bpftool<DumpedInstruction[]>("prog", "dump", "xlated", "id", String(info.id), "opcodes");
        const ours = code?.instructions ?? [];
        if (ours.length !== theirs.length) found.push(`${info.name}: ${ours.length} instructions, bpftool says ${theirs.length}`);
        const types = inspector.types(info.btf ?? 0);
        ours.forEach((instruction, at) => {
          const their = theirs[at];
          if (their === undefined) return;
          const proto = /(\w+)\(/.exec(their.proto ?? "")?.[1];
          const line = instruction.line ?? undefined;
          const { slot, text } = instruction;
          // A call between functions names what it calls; that is compared below, by distance.
          const distance = /^call (pc\S+)/.exec(text)?.[1];
          const own = {
            function: instruction.function ?? undefined,
            src: line?.text,
            text: distance ?? asBpftool(text, their.opcodes),
          };
          const other = {
            function: proto,
            // Older bpftools write `\\n` wrong.
            src: their.src?.trim().replaceAll("\nn", "\\n"),
            text: distance === undefined ? their.disasm : /pc[+-]\d+/.exec(their.disasm)?.[0],
          };
          found.push(...differences(`${info.name}, ${slot}`, own, other));
          if (instruction.function !== null && types.find(instruction.function, "function") === undefined)
            found.push(`${info.name}: no function ${instruction.function} among its types`);
        });
        const machine = inspector.machineCode(info.id);
        const bytes = Buffer.concat((machine?.functions ?? []).map((each) => each.bytes));
        const dumped = dumpMachineCode(info.id, join(folder, info.name));
        if (bytes.length !== info.jitedBytes || dumped?.equals(bytes) === false) found.push(`${info.name}: other machine code`);
        for (const { symbol, address, lines, name: own } of machine?.functions ?? []) {
          const line = `${address?.toString(16)} t ${symbol}\t[bpf]`;
          if (!symbols.includes(line)) found.push(`${info.name}: /proc/kallsyms has no ${line}`);
          if (lines.length === 0 || lines[0]?.offset !== 0) found.push(`${info.name}: ${own} does not begin with a line`);
        }
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
    return { programs: handles(programs).length, found };
  });
}

/** Older bpftools know fewer types of links, and tell less of those that they know. */
function linkAsJson(link: LinkInfo, theirs: Json): Json {
  const numbered = typeof theirs["type"] === "number";
  const common = {
    id: link.id,
    type: numbered ? LINK_TYPE[link.type as keyof typeof LINK_TYPE] : link.type,
    prog_id: link.program,
  };
  switch (link.type) {
    case "raw_tracepoint":
      return { ...common, tp_name: link.tracepoint };
    case "cgroup":
      return { ...common, cgroup_id: Number(link.cgroup), attach_type: link.attachType };
    case "netns":
      return { ...common, netns_ino: link.namespace, attach_type: link.attachType };
    default:
      return common;
  }
}

/** What was attached in a network namespace and a control group of our own, and to events. */
async function compareLinks() {
  const folder = `${cgroupRoot({ facts: MACHINE })}/skep-links-${process.pid}`;
  mkdirSync(folder);
  try {
    await using engine = await openLinux();
    await using network = await engine.load(fixture("network"));
    await using tracing = await engine.load(fixture("tracing"));
    using inspector = await openInspector();
    const attached = [
      await network.programs["on_ingress"]?.attach({ interface: "veth0" }),
      await network.programs["on_netfilter"]?.attach({ netfilter: { family: "ipv4", hook: "output" } }),
      await network.programs["on_lookup"]?.attach(),
      await network.programs["on_connect"]?.attach({ cgroup: folder }),
      await tracing.programs["on_raw"]?.attach(),
      await tracing.programs["on_tracepoint"]?.attach(),
      await tracing.programs["on_entry"]?.attach({ pid: process.pid }),
    ] as unknown as { readonly fd: number; readonly description: string }[];
    const all = inspector.links();
    const found: string[] = [];
    const types: string[] = [];
    for (const handle of attached) {
      const link = inspector.link(handle);
      const theirs = bpftool("link", "show", "id", String(link.id));
      // Only what both say: newer ones say more than this test knows.
      const ours = linkAsJson(link, theirs);
      const common = Object.fromEntries(Object.keys(ours).map((name) => [name, theirs[name]]));
      found.push(...differences(handle.description, ours, common));
      if (
        JSON.stringify(
          all.find(({ id }) => id === link.id),
          plain,
        ) !== JSON.stringify(link, plain)
      )
        found.push(`${link.id} is not in the list`);
      types.push(link.type);
    }
    return { types, found, gone: await goneLink(inspector, attached) };
  } finally {
    rmdirSync(folder);
  }
}

const plain = (_: string, value: unknown): unknown => (typeof value === "bigint" ? String(value) : value);

/** What is detached is not there any more. */
async function goneLink(inspector: KernelInspector, attached: readonly { readonly fd: number }[]): Promise<string> {
  const [first] = attached as unknown as { readonly fd: number; detach(): Promise<void> }[];
  const id = first === undefined ? 0 : inspector.link(first).id;
  await first?.detach();
  try {
    return `still there: ${inspector.link(id).type}`;
  } catch (error) {
    return (error as Error).name;
  }
}

function compareTypes() {
  return loaded("tracing", (inspector, { programs, maps }) => {
    const ids = new Set(handles(programs).map((handle) => inspector.program(handle).btf));
    const theirs = bpftool<Json[]>("btf", "show").filter(({ id, kernel }) => ids.has(Number(id)) || kernel === true);
    const infos = inspector.btfs();
    const all = { programs: inspector.programs(), maps: inspector.maps() };
    const own = new Set([
      ...handles(programs).map((each) => inspector.program(each).id),
      ...handles(maps).map((each) => inspector.map(each).id),
    ]);
    const found = theirs.flatMap((their) => {
      const info = infos.find(({ id }) => id === their["id"]);
      if (info === undefined) return [`no BTF object ${their["id"]}`];
      const ours = {
        id: info.id,
        size: info.size,
        prog_ids: all.programs.filter(({ btf }) => btf === info.id).map(({ id }) => id),
        map_ids: all.maps.filter(({ types }) => types?.btf === info.id).map(({ id }) => id),
        kernel: info.kernel,
        ...(info.name === "" ? {} : { name: info.name }),
      };
      // Others come and go; each of the two asks at its own time.
      const mine = (list: unknown) => (list as number[]).filter((id) => own.has(id)).sort((a, b) => a - b);
      return differences(
        `btf ${info.id}`,
        { ...ours, prog_ids: mine(ours.prog_ids), map_ids: mine(ours.map_ids) },
        { ...their, ...processesGone, prog_ids: mine(their["prog_ids"]), map_ids: mine(their["map_ids"]) },
      );
    });
    const [id] = ids;
    const raw = bpftool<{ types: { id: number; name: string }[] }>("btf", "dump", "id", String(id)).types;
    const types = inspector.types(id ?? 0);
    for (const type of raw) {
      const name = type.name === "(anon)" ? "" : type.name;
      if (types.name(type.id) !== name) found.push(`type ${type.id}: ${types.name(type.id)}, bpftool says ${name}`);
    }
    return { types: raw.length, found };
  });
}

/** In host `a` of a laboratory: programs at its interface and namespace, beside what bpftool says of those it knows. */
async function compareNetwork() {
  await using engine = await openLinux();
  await using old = new LinuxEngine(withoutTcx(await openNative()), MACHINE);
  await using xdp = await engine.load({
    name: "xdp",
    license: "GPL",
    types: null,
    maps: [],
    programs: [program("on_xdp", "xdp")],
  });
  await using collection = await engine.load(fixture("network"));
  await using filters = await old.load(fixture("network"), { programs: ["on_tc"] });
  using inspector = await openInspector();
  const links = [
    await xdp.programs["on_xdp"]?.attach({ interface: "veth0", mode: "generic" }),
    await collection.programs["on_ingress"]?.attach({ interface: "veth0" }),
    await collection.programs["on_tc"]?.attach({ interface: "veth0" }),
    await collection.programs["on_egress"]?.attach({ interface: "veth0" }),
    await collection.programs["on_lookup"]?.attach(),
    await filters.programs["on_tc"]?.attach({ interface: "veth0", direction: "egress" }),
  ];
  const all = inspector.network();
  const names = new Map(inspector.programs().map(({ id, name }) => [id, name]));
  const index = all.find((each) => each.interface?.name === "veth0")?.interface?.index;
  const found: string[] = [];
  const [theirs] = bpftool<{ xdp: Json[]; tc: Json[] }[]>("net");
  const theirXdp = theirs?.xdp.map(({ devname, ifindex, mode, id }) => ({ devname, ifindex, mode, id })) ?? [];
  const ours = all.flatMap(({ hook, interface: at, mode, program: id }) =>
    hook === "xdp" ? [{ devname: at?.name, ifindex: at?.index, mode, id }] : [],
  );
  found.push(...differences("xdp", { all: ours }, { all: theirXdp }));
  const ownFilters = all.flatMap(({ hook, interface: at, filter, discipline, program: id }) =>
    hook === "tc_ingress" || hook === "tc_egress"
      ? [{ devname: at?.name, ifindex: at?.index, kind: `${discipline}/${hook.slice(3)}`, name: filter, id }]
      : [],
  );
  found.push(...differences("tc", { all: ownFilters }, { all: theirs?.tc.map(({ act: _, ...rest }) => rest) }));
  // With one of these, older bpftools print what is no JSON.
  links.push(await collection.programs["on_flow"]?.attach());
  links.push(await collection.programs["on_netfilter"]?.attach({ netfilter: { family: "ipv4", hook: "output", priority: -10 } }));
  const own = new Set(handles(collection.programs).map((handle) => inspector.program(handle).id));
  // Of netfilter, what is attached in other namespaces is listed, too.
  const here = () => inspector.network().filter(({ hook, program: id }) => hook !== "netfilter" || own.has(id));
  const attached = here().map(({ hook, interface: at, program: id, mode, link, revision }) =>
    [hook, at?.name ?? "", names.get(id), mode ?? "", link !== null, Number(revision)].join(" "),
  );
  for (const link of links.reverse()) await link?.detach();
  return { attached, index: index === undefined, found, after: here() };
}

/** At a group of our own and one below it, beside what bpftool says. */
async function compareCgroups() {
  const root = cgroupRoot({ facts: MACHINE });
  const name = `skep-inspect-${process.pid}`;
  const folder = `${root}/${name}`;
  mkdirSync(`${folder}/inner`, { recursive: true });
  try {
    await using engine = await openLinux();
    await using collection = await engine.load(fixture("network"));
    using inspector = await openInspector();
    await collection.programs["on_in"]?.attach({ cgroup: `/${name}` });
    await collection.programs["on_connect"]?.attach({ cgroup: `/${name}` });
    await collection.programs["on_in"]?.attach({ cgroup: `/${name}/inner` });
    const names = new Map(inspector.programs().map((info) => [info.id, info.name]));
    const all = inspector.cgroups(`/${name}`);
    const theirs = ["", "/inner"].map((inner) => bpftool<Json[]>("cgroup", "show", `${folder}${inner}`));
    const ours = ["", "/inner"].map((inner) =>
      all
        .filter(({ cgroup }) => cgroup === `/${name}${inner}`)
        .flatMap(({ attachType, mode, programs }) =>
          programs.map(({ program: id }) => ({ id, attach_type: attachType, attach_flags: mode, name: names.get(id) })),
        ),
    );
    // Theirs say of every program what only those of LSM hooks are made for: ProgramInfo.target.
    const common = theirs.map((list) =>
      list.map(({ id, attach_type, attach_flags, name }) => ({ id, attach_type, attach_flags, name })),
    );
    const sorted = (lists: readonly (readonly object[])[]) =>
      lists.map((list) => list.map((each) => JSON.stringify(each)).sort());
    const found = differences("cgroups", { all: sorted(ours) }, { all: sorted(common) });
    const text = (each: { cgroup: string; attachType: string; programs: readonly { program: number }[] }) =>
      `${each.cgroup.replace(name, "GROUP")} ${each.attachType}: ${each.programs.map(({ program: id }) => names.get(id)).join(", ")}`;
    return {
      attached: all.map(text),
      revisions: all.map(({ revision }) => Number(revision)),
      effective: inspector
        .cgroups(`${folder}/inner`, { effective: true, alone: true })
        .filter(({ programs }) => programs.some(({ program: id }) => names.get(id)?.startsWith("on_")))
        .map(text),
      found,
    };
  } finally {
    rmdirSync(`${folder}/inner`);
    rmdirSync(folder);
  }
}

/** A tracepoint's and a uprobe's program, by the descriptors of their events: as on kernels before 5.15. */
async function comparePerfEvents() {
  const transport = await openNative();
  const prepare: Transport["prepare"] = (command, attribute) => {
    const send = transport.prepare(command, attribute);
    return () => (command === COMMAND.link_create ? -22 : send());
  };
  await using engine = new LinuxEngine({ ...transport, prepare }, { ...MACHINE, release: "5.14.0" });
  await using collection = await engine.load(fixture("tracing"), { programs: ["on_tracepoint", "on_raw", "on_entry"] });
  const links = [
    await collection.programs["on_tracepoint"]?.attach(),
    await collection.programs["on_raw"]?.attach(),
    await collection.programs["on_entry"]?.attach({ pid: process.pid }),
  ];
  using inspector = await openInspector();
  const own = inspector.perfEvents().filter(({ pid }) => pid === process.pid);
  const theirs = bpftool<Json[]>("perf").filter(({ pid }) => pid === process.pid);
  const ours = own.map(({ pid, fd, program: prog_id, type, name, offset }) => {
    const place = type === "uprobe" ? { filename: name, offset: Number(offset) } : { tracepoint: name };
    return { pid, fd, prog_id, fd_type: type, ...place };
  });
  const found = ours.flatMap((each) => differences(`fd ${each.fd}`, each, theirs.find(({ fd }) => fd === each.fd) ?? {}));
  for (const link of links) await link?.detach();
  return { types: own.map(({ type, name }) => `${type} ${name.replace(/.*\//, "")}`).sort(), theirs: theirs.length, found };
}

/** What is in arrays, as bpftool formats it by their types. */
async function compareContents() {
  await using engine = await openLinux();
  await using lists = await engine.load(fixture("maps"));
  await using tracing = await engine.load(fixture("tracing"), { variables: { watched: 77 } });
  using inspector = await openInspector();
  (lists.maps["first"] as BpfMap<number, bigint>).set(1, 2n ** 40n);
  const found: string[] = [];
  const compared: string[] = [];
  for (const map of [...Object.values(lists.maps), ...Object.values(tracing.maps)]) {
    const { id, type, name } = inspector.map(map);
    if (type !== "array") continue;
    const theirs = bpftool<{ formatted?: { key?: unknown; value: unknown } }[]>("map", "dump", "id", String(id));
    if (theirs.some(({ formatted }) => formatted === undefined)) continue;
    using opened = await inspector.openMap(id);
    const ours = [...(opened as BpfMap).entries()].map(([key, value]) => ({ key, value: JSON.parse(toJson(value)) }));
    ours.forEach(({ key, value }, at) => {
      const formatted = theirs[at]?.formatted;
      // A section of variables is a list of them.
      const [section] = Object.values((typeof formatted?.value === "object" ? formatted.value : null) ?? {});
      const other = Array.isArray(section) ? Object.assign({}, ...section) : formatted?.value;
      found.push(...differences(name, { key, value }, { key: formatted?.key ?? key, value: other }));
    });
    compared.push(name);
  }
  return { compared, found };
}

/** A ring that a program wrote to, and nobody read. */
async function fillsRing() {
  const source = `import { ringBuffer, u64, xdp } from "skep/bpf";
    export const ring = ringBuffer<u64>({ maxEntries: 4096 });
    export const writes = xdp(() => { ring.output(u64(1)); return 2; });`;
  await using engine = await openLinux();
  await using collection = await engine.load(compileSource(source, { file: "writes.bpf.ts" }));
  using inspector = await openInspector();
  const { ring } = collection.maps;
  if (ring === undefined) throw new RangeError("no ring");
  const before = await inspector.ringFill(ring);
  collection.programs["writes"]?.run({ packet: new Uint8Array(64), repeat: 3 });
  // By number it is opened for reading alone.
  return [before, await inspector.ringFill(inspector.map(ring).id)];
}

/** A program that says something of itself, in our language. */
async function compareMetadata() {
  const source = `import { config, u32, xdp } from "skep/bpf";
    export const bpf_metadata_version = config<u32>(7);
    export const limit = config<u32>(5);
    export const described = xdp(() => (limit + bpf_metadata_version > 3 ? 2 : 1));`;
  await using engine = await openLinux();
  await using collection = await engine.load(compileSource(source, { file: "described.bpf.ts" }));
  using inspector = await openInspector();
  const [handle] = handles(collection.programs);
  if (handle === undefined) throw new RangeError("no program");
  const { id } = inspector.program(handle);
  const ours = { metadata: await inspector.metadata(id) };
  return { ours, found: differences("described", ours, { metadata: bpftool("prog", "show", "id", String(id))["metadata"] }) };
}

/** In a mount namespace with a bpf file system of our own; other mounts of such file systems may hold others' pins. */
async function comparePins() {
  await using engine = await openLinux();
  await using collection = await engine.load(fixture("maps"));
  await using tracing = await engine.load(fixture("tracing"), { programs: ["on_raw"] });
  using inspector = await openInspector();
  const { drains } = collection.programs;
  const { first } = collection.maps;
  const link = await tracing.programs["on_raw"]?.attach();
  if (drains === undefined || first === undefined || link === undefined) throw new RangeError("no such program");
  await drains.pin?.("/sys/fs/bpf/skep/drains");
  await first.pin?.("/sys/fs/bpf/skep/deep/first");
  await first.pin?.("/sys/fs/bpf/first");
  await link.pin?.("/sys/fs/bpf/link");
  const pins = inspector.pins().filter(({ path }) => path.startsWith("/sys/fs/bpf/"));
  const at = (kind: string, id: number) => pins.flatMap((pin) => (pin.kind === kind && pin.id === id ? [pin.path] : []));
  const [program, map, own] = [inspector.program(drains), inspector.map(first), inspector.link(link)];
  const found = [
    ...[["prog", "program", program.id] as const, ["map", "map", map.id] as const, ["link", "link", own.id] as const].flatMap(
      ([noun, kind, id]) => {
        const theirs = bpftool("-f", noun, "show", "id", String(id));
        return differences(`${kind} ${id}`, { pinned: at(kind, id).sort() }, { pinned: (theirs["pinned"] as string[]).sort() });
      },
    ),
  ];
  const names = pins.map(({ path, kind }) => `${kind} ${path}`).sort();
  return { names, byPath: inspector.map("/sys/fs/bpf/skep/deep/first").name, found };
}

/** A script that looks into the kernel, while there is something to see. */
function example() {
  return loaded("maps", (_, { programs }) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ["--no-warnings", process.env["SKEP_EXAMPLE"] ?? ""], {
      encoding: "utf8",
    });
    return { status, stderr, lines: Object.keys(programs).every((name) => stdout.includes(` ${name} `)) };
  });
}

/** With the capabilities that loading needs, and no others. */
function withoutAdministration() {
  return loaded("maps", (inspector, { programs, maps }) => {
    const refused = (look: () => unknown): string => {
      try {
        look();
        return "told";
      } catch (error) {
        return (error as Error).message;
      }
    };
    const { drains } = programs;
    const { queue } = maps;
    if (drains === undefined || queue === undefined) throw new RangeError("no such program");
    return {
      program: inspector.program(drains).name,
      map: inspector.map(queue).type,
      instructions: inspector.translated(drains)?.instructions.length,
      list: refused(() => inspector.programs()),
    };
  });
}

/** Who holds types is not asked of BTF objects here. */
const processesGone: Json = { pids: undefined };

await main({
  "infos of maps": () => compareInfos("maps"),
  "infos of network": () => compareInfos("network"),
  "infos of tracing": () => compareInfos("tracing"),
  "code of maps": () => compareCode("maps"),
  "code of tracing": () => compareCode("tracing"),
  "code of network": () => compareCode("network"),
  "code of kernel": () => compareCode("kernel"),
  "code of arena": () => compareCode("arena"),
  types: compareTypes,
  contents: compareContents,
  metadata: compareMetadata,
  ring: fillsRing,
  "an example": example,
  pins: comparePins,
  "without CAP_SYS_ADMIN": withoutAdministration,
  links: compareLinks,
  network: compareNetwork,
  cgroups: compareCgroups,
  "perf events": comparePerfEvents,
});
