/** What we read and write, held against tcpdump and Wireshark's tools. */

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { collect } from "./fixtures/collect.ts";
import type { CapturePacket } from "./read-capture.ts";
import { CaptureWriter } from "./write-capture.ts";

const office = fileURLToPath(new URL("../../../../examples/captures/office.pcap", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "skep-oracles-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** The reason to skip, when a command is not here. */
function missing(...commands: readonly string[]): string | false {
  const absent = commands.filter((command) => spawnSync(command, ["--version"], { stdio: "ignore" }).error !== undefined);
  return absent.length > 0 && `these commands are missing: ${absent.join(", ")} (Debian: apt-get install tcpdump tshark)`;
}

function path(name: string): string {
  return join(folder, name);
}

function run(command: string, ...rest: readonly string[]): string {
  return execFileSync(command, rest, {
    encoding: "utf8",
    maxBuffer: 1 << 26,
    stdio: ["ignore", "pipe", "ignore"],
    env: { ...process.env, TZ: "UTC" },
  });
}

/** One line a packet: time, length on the wire, and the bytes; as we read it. */
function ourLines(packets: readonly CapturePacket[]): string[] {
  return packets.map(({ seconds, nanoseconds, originalLength, data }) => {
    return `${seconds}.${String(nanoseconds).padStart(9, "0")} ${originalLength} ${Buffer.from(data).toString("hex")}`;
  });
}

interface TsharkPacket {
  readonly _source: {
    readonly layers: { readonly frame_raw: readonly [hex: string]; readonly frame: Readonly<Record<string, string>> };
  };
}

/** The same, as tshark reads it; and the interface of each packet. */
function tshark(file: string): { lines: string[]; interfaces: number[] } {
  const packets: readonly TsharkPacket[] = JSON.parse(run("tshark", "-r", file, "-T", "json", "-x", "-j", "frame"));
  const frames = packets.map(
    ({ _source: { layers } }) => ({ ...layers.frame, hex: layers.frame_raw[0] }) as Record<string, string>,
  );
  return {
    lines: frames.map((frame) => `${frame["frame.time_epoch"]} ${frame["frame.len"]} ${frame["hex"]}`),
    interfaces: frames.map((frame) => Number(frame["frame.interface_id"])),
  };
}

/** The same, as tcpdump reads it, with nanoseconds. */
function tcpdumpLines(file: string): string[] {
  const packets: { time: string; hex: string; length: string }[] = [];
  for (const line of run("tcpdump", "-r", file, "-n", "-tt", "-e", "-xx", "--time-stamp-precision=nano").split("\n")) {
    const head = /^(\d+\.\d{9}) .*?, length (\d+)/.exec(line);
    if (head !== null) packets.push({ time: head[1] ?? "", length: head[2] ?? "", hex: "" });
    const row = /^\s+0x[0-9a-f]+:\s+((?:[0-9a-f]+ ?)+)/.exec(line);
    const last = packets.at(-1);
    if (row !== null && last !== undefined) last.hex += row[1]?.replaceAll(" ", "") ?? "";
  }
  return packets.map(({ time, length, hex }) => `${time} ${length} ${hex}`);
}

describe("tcpdump and tshark", () => {
  it("read in the example what we read in it", { skip: missing("tcpdump", "tshark") }, async () => {
    const ours = ourLines((await collect(readFileSync(office))).packets);
    assert.deepEqual(ours, tshark(office).lines);
    assert.deepEqual(ours, tcpdumpLines(office));
  });

  it("read in what we write what we wrote", { skip: missing("tcpdump", "tshark") }, async () => {
    const { packets } = await collect(readFileSync(office));
    const writer = new CaptureWriter();
    for (const packet of packets) writer.add(packet);
    writeFileSync(path("written.pcap"), writer.take());
    assert.deepEqual(tcpdumpLines(path("written.pcap")), ourLines(packets));
    assert.deepEqual(tshark(path("written.pcap")).lines, ourLines(packets));
    assert.deepEqual(readFileSync(path("written.pcap")), readFileSync(office), "and to the byte what tcpdump wrote");
  });
});

describe("editcap and mergecap", { skip: missing("editcap", "mergecap", "tshark") }, () => {
  for (const format of ["pcap", "nsecpcap", "modpcap", "pcapng"]) {
    it(`write ${format} as we read it`, async () => {
      const file = path(format);
      run("editcap", "-F", format, office, file);
      const { packets, reader } = await collect(readFileSync(file));
      assert.equal(reader.format, format === "pcapng" ? "pcapng" : "pcap");
      assert.deepEqual(ourLines(packets), tshark(file).lines);
      assert(packets.length > 2000);
    });
  }

  it("cut packets short as we read it", async () => {
    run("editcap", "-F", "pcapng", "-s", "40", office, path("short"));
    const { packets } = await collect(readFileSync(path("short")));
    assert(packets.every(({ data, originalLength }) => data.length <= 40 && data.length <= originalLength));
    assert.deepEqual(ourLines(packets), tshark(path("short")).lines);
  });

  it("put interfaces of several files and link types into one, as we read it", async () => {
    run("editcap", "-F", "nsecpcap", "-r", office, path("first"), "1-50");
    run("editcap", "-F", "pcap", "-T", "rawip", "-C", "14", "-r", office, path("second"), "51-100");
    run("mergecap", "-F", "pcapng", "-I", "none", "-w", path("merged"), path("first"), path("second"));
    const { packets, reader } = await collect(readFileSync(path("merged")));
    assert.deepEqual(
      reader.interfaces.map(({ linkType }) => linkType),
      [1, 101],
    );
    assert.deepEqual(ourLines(packets), tshark(path("merged")).lines);
    const { interfaces } = tshark(path("merged"));
    assert.deepEqual(
      packets.map((packet) => packet.interface),
      interfaces,
    );
  });

  it("keep secrets, comments and names beside the packets, which we pass over", async () => {
    writeFileSync(path("keys"), "CLIENT_RANDOM 00 00\n");
    run("editcap", "-F", "pcapng", "--inject-secrets", `tls,${path("keys")}`, "-a", "3:a comment", office, path("rich"));
    const { packets } = await collect(readFileSync(path("rich")));
    assert.deepEqual(ourLines(packets), tshark(path("rich")).lines);
  });
});

describe("gzip", { skip: missing("gzip", "tshark") }, () => {
  it("packs as we unpack", async () => {
    writeFileSync(path("office.pcap"), readFileSync(office));
    run("gzip", "-9", "-k", path("office.pcap"));
    const { packets, reader } = await collect(readFileSync(path("office.pcap.gz")));
    assert(reader.compressed);
    assert.deepEqual(ourLines(packets), tshark(path("office.pcap.gz")).lines);
  });
});
