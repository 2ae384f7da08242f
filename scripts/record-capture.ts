/**
 * Records `examples/captures/office.pcap`: a small office and its visitors, played by real programs in network namespaces of
 * our own. Nothing of it touches the machine's network, and nothing of it is left.
 *
 *     sudo node scripts/record-capture.ts [FILE]
 *
 * Needs, from Debian: iproute2 tcpdump tshark dnsmasq curl nmap iputils-ping ethtool bind9-dnsutils, and perl-base.
 *
 *                         ┌── server   192.0.2.10   DNS, TFTP, HTTP
 *     internet ── router ─┤── desk     192.0.2.20
 *                         ├── laptop   192.0.2.21
 *     recorded here: lan ─┤
 *                         ├── phone1   192.0.2.129  VLAN 30
 *                         └── phone2   192.0.2.130  VLAN 30
 */

import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Lab, type LabEnd, openLab, probeLab } from "../test/support/netns.ts";

const captures = fileURLToPath(new URL("../examples/captures/", import.meta.url));
const file = resolve(process.argv[2] ?? join(captures, "office.pcap"));

const VLAN = 30;
const SERVER = "192.0.2.10";
const SERVER6 = "2001:db8:0:1::10";
/** Who comes from outside. The firewall example blocks 203.0.113.0/24. */
const VISITORS = ["198.51.100.23", "198.51.100.77", "198.51.100.140"];
const VISITOR6 = "2001:db8:0:2::23";
const SCANNER = "203.0.113.66";
const GUESSER = "203.0.113.7";
const PINGER = "203.0.113.99";
const SNOOPER = "203.0.113.53";

// ── the office ──────────────────────────────────────────────────────────────────────────────────────────────────────

const OFFICE: readonly (readonly [host: string, number: number, ...addresses: string[]])[] = [
  ["router", 1, "192.0.2.1/25", "2001:db8:0:1::1/64"],
  ["server", 0x10, `${SERVER}/25`, `${SERVER6}/64`],
  ["desk", 0x20, "192.0.2.20/25", "2001:db8:0:1::20/64"],
  ["laptop", 0x21, "192.0.2.21/25", "2001:db8:0:1::21/64"],
];
const PHONES: readonly (readonly [host: string, number: number, ...addresses: string[]])[] = [
  ["phone1", 0x31, "192.0.2.129/26", "2001:db8:0:30::1/64"],
  ["phone2", 0x32, "192.0.2.130/26", "2001:db8:0:30::2/64"],
];

function mac(number: number): string {
  return `02:00:00:00:02:${number.toString(16).padStart(2, "0")}`;
}

async function openOffice(): Promise<Lab> {
  const outside = [...VISITORS, SCANNER, GUESSER, PINGER, SNOOPER].map((address) => `${address}/24`);
  const lab = await openLab({
    hosts: ["switch", "internet", ...OFFICE.map(([host]) => host), ...PHONES.map(([host]) => host)],
    links: [
      ...OFFICE.map(([host, number, ...addresses]): [LabEnd, LabEnd] => [
        { host, interface: "eth0", mac: mac(number), addresses },
        { host: "switch", interface: host },
      ]),
      // A phone speaks VLAN 30 on its trunk. This must also work where the kernel has no 8021q: `relayTagged` adds and takes the tags.
      ...PHONES.map(([host]): [LabEnd, LabEnd] => [
        { host, interface: "trunk" },
        { host: "switch", interface: host },
      ]),
      ...PHONES.map(([host, number, ...addresses]): [LabEnd, LabEnd] => [
        { host, interface: "eth0", mac: mac(number), addresses },
        { host, interface: "untagged" },
      ]),
      [
        {
          host: "router",
          interface: "wan",
          mac: mac(0xfe),
          addresses: ["198.51.100.1/24", "203.0.113.1/24", "2001:db8:0:2::1/64"],
        },
        { host: "internet", interface: "eth0", mac: mac(0xff), addresses: [...outside, `${VISITOR6}/64`] },
      ],
    ],
  });
  try {
    await quiet(lab, "switch", "all");
    await lab.exec("switch", ["ip", "link", "add", "lan", "type", "bridge", "mcast_snooping", "0"]);
    for (const [host] of [...OFFICE, ...PHONES]) await lab.exec("switch", ["ip", "link", "set", host, "master", "lan"]);
    await lab.exec("switch", ["ip", "link", "set", "lan", "up"]);
    for (const [host] of PHONES) {
      await quiet(lab, host, "trunk");
      await quiet(lab, host, "untagged");
      relayTagged(lab, host);
    }
    for (const path of ["net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding"]) await sysctl(lab, "router", path, "1");
    for (const [host, ipv4, ipv6] of [
      ["server", "192.0.2.1", "2001:db8:0:1::1"],
      ["desk", "192.0.2.1", "2001:db8:0:1::1"],
      ["laptop", "192.0.2.1", "2001:db8:0:1::1"],
      ["internet", "198.51.100.1", "2001:db8:0:2::1"],
    ] as const) {
      await lab.exec(host, ["ip", "route", "add", "default", "via", ipv4]);
      await lab.exec(host, ["ip", "-6", "route", "add", "default", "via", ipv6]);
    }
    // Between namespaces nobody computes checksums, and segments are glued together: real wires carry neither.
    for (const [host, name] of [...OFFICE, ...PHONES]
      .map(([host]) => [host, "eth0"])
      .concat([
        ["router", "wan"],
        ["internet", "eth0"],
      ])) {
      await lab.exec(host!, ["ethtool", "-K", name!, "tx", "off", "tso", "off", "gso", "off", "gro", "off"]);
    }
    return lab;
  } catch (error) {
    await lab[Symbol.asyncDispose]();
    throw error;
  }
}

/** An interface without IPv6 says nothing of its own accord. */
function quiet(lab: Lab, host: string, name: string): Promise<unknown> {
  return sysctl(lab, host, `net/ipv6/conf/${name}/disable_ipv6`, "1");
}

function sysctl(lab: Lab, host: string, path: string, value: string): Promise<unknown> {
  return lab.exec(host, ["tee", `/proc/sys/${path}`], { input: value });
}

/**
 * A bridge between `untagged` and `trunk` that adds the tag of VLAN `$ARGV[0]` in one direction and takes it off in the other.
 * The kernel itself takes the tag off a frame that it receives and keeps it beside it, where only a socket filter sees it.
 */
const TAGGER = String.raw`
use strict;
my $vlan = shift;
sub port {
  my ($name) = @_;
  open(my $file, "<", "/sys/class/net/$name/ifindex") or die "no interface $name\n";
  chomp(my $index = <$file>);
  socket(my $port, 17, 3, 0) or die "packet socket: $!\n";                                  # AF_PACKET, SOCK_RAW
  setsockopt($port, 263, 1, pack("i S S x8", $index, 1, 0)) or die "promiscuous: $!\n";     # PACKET_ADD_MEMBERSHIP, PACKET_MR_PROMISC
  return ($port, pack("S n i x12", 17, 3, $index));                                         # sockaddr_ll: ETH_P_ALL
}
my ($untagged, $untagged_address) = port("untagged");
my ($trunk, $trunk_address) = port("trunk");
my $filter = join "", map { pack("S C C L", @$_) }
  [0x20, 0, 0, 0xfffff030],   # ld vlan_tag_present
  [0x15, 3, 0, 0],            # jeq #0, refuse
  [0x20, 0, 0, 0xfffff02c],   # ld vlan_tag
  [0x54, 0, 0, 0xfff],        # and #0xfff
  [0x15, 1, 0, $vlan],        # jeq #vlan, accept
  [0x06, 0, 0, 0],            # refuse: ret #0
  [0x06, 0, 0, 0x40000];      # accept: ret #262144
setsockopt($trunk, 1, 26, pack("S x![Q] P", 7, $filter)) or die "filter: $!\n";             # SO_ATTACH_FILTER
bind($untagged, $untagged_address) or die "bind: $!\n";
bind($trunk, $trunk_address) or die "bind: $!\n";
$| = 1;
print "ready\n";
while (1) {
  my $ready = "";
  vec($ready, fileno($_), 1) = 1 for $untagged, $trunk;
  select($ready, undef, undef, undef);
  if (vec($ready, fileno($untagged), 1)) {
    my $from = recv($untagged, my $frame, 65536, 0);
    next if ord(substr($from, 10, 1)) == 4;                                                 # PACKET_OUTGOING
    send($trunk, substr($frame, 0, 12) . pack("n n", 0x8100, $vlan) . substr($frame, 12), 0);
  }
  if (vec($ready, fileno($trunk), 1)) {
    my $from = recv($trunk, my $frame, 65536, 0);
    send($untagged, $frame, 0) unless ord(substr($from, 10, 1)) == 4;
  }
}
`;

function relayTagged(lab: Lab, host: string): void {
  lab.spawn(host, ["perl", "-e", TAGGER, String(VLAN)], { stdio: ["ignore", "ignore", "inherit"] });
}

// ── what happens there ──────────────────────────────────────────────────────────────────────────────────────────────

/** Pages of 1 to 9 KB; `POST /login` says no, and a POST of anything else says how much it got. */
const HTTP_SERVER = `
  const page = (size) => "<!doctype html><title>Skep</title>\\n" +
    Array.from({ length: size }, (_, line) => "<p>Line " + line + ": a skep is a basket that bees live in.</p>\\n").join("");
  require("node:http").createServer((request, response) => {
    let length = 0;
    request.on("data", (part) => { length += part.length; });
    request.on("end", () => {
      if (request.method === "GET") return response.end(page(Number(/\\d+/.exec(request.url) ?? 20)));
      response.statusCode = request.url === "/login" ? 401 : 201;
      response.end(length + " bytes\\n");
    });
  }).listen(Number(process.argv[1]), "::", () => console.log("ready"));
`;

async function startServers(lab: Lab, folder: string): Promise<void> {
  await writeFile(join(folder, "phone.cfg"), "ring=bees\n".repeat(300));
  const zone = [
    ...["www", "mail", "files", "wiki"].map((name) => `--address=/${name}.office.example/${SERVER}`),
    `--host-record=server.office.example,${SERVER},${SERVER6}`,
    "--mx-host=office.example,mail.office.example,10",
    `--txt-record=office.example,"v=spf1 ip4:192.0.2.0/25 -all"`,
    // An answer that does not fit a packet: over UDP it comes in fragments.
    ...Array.from({ length: 12 }, (_, index) => `--txt-record=policy.office.example,"${`rule ${index} `.repeat(28)}"`),
  ];
  const dns = [
    "dnsmasq",
    "--keep-in-foreground",
    "--conf-file=/dev/null",
    "--no-resolv",
    "--no-hosts",
    "--pid-file=",
    "--user=root",
  ];
  const tftp = ["--enable-tftp", `--tftp-root=${folder}`, "--edns-packet-max=4096", "--local=/example/"];
  lab.spawn("server", [...dns, ...tftp, ...zone], { stdio: ["ignore", "ignore", "inherit"] });
  for (const [host, port] of [
    ["server", 80],
    ["server", 8080],
    ["internet", 80],
    ["phone2", 5060],
  ] as const) {
    const server = lab.spawn(host, [process.execPath, "--eval", HTTP_SERVER, String(port)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(server.stdout!, "data");
  }
  for (let tries = 0; tries < 50; tries++) {
    const { status } = await lab.exec("server", ["dig", "@127.0.0.1", "+tries=1", "+time=1", "www.office.example"], {
      check: false,
    });
    if (status === 0) return;
    await sleep(50);
  }
  throw new Error("dnsmasq does not answer: is another one in the way?");
}

/** The day at the office, told by who does what, all at the same time. */
function scenes(lab: Lab): Promise<void>[] {
  const curl = (host: string, ...rest: string[]) => lab.exec(host, ["curl", "-s", "-o", "/dev/null", "-m", "5", ...rest]);
  const dig = (host: string, ...rest: string[]) => lab.exec(host, ["dig", "+tries=1", "+time=2", ...rest], { check: false });
  const ping = (host: string, ...rest: string[]) => lab.exec(host, ["ping", "-n", "-q", "-W", "1", ...rest], { check: false });

  return [
    // People at work: names, pages, uploads, a download from outside.
    (async () => {
      for (const name of ["www", "mail", "files", "wiki"]) {
        await dig("desk", `@${SERVER}`, `${name}.office.example`, "A", `${name}.office.example`, "AAAA");
        await curl("desk", `http://${SERVER}/page/${20 + name.length * 10}`);
        await sleep(220);
      }
      await dig("desk", `@${SERVER}`, "+bufsize=4096", "policy.office.example", "TXT");
      await curl("desk", "--data", "notes=".padEnd(9000, "buzz "), `http://${SERVER}:8080/notes`);
      for (let visit = 0; visit < 8; visit++) {
        await curl("desk", `http://198.51.100.23/news/${visit * 9}`);
        await sleep(300);
      }
    })(),
    (async () => {
      await dig("laptop", `@${SERVER6}`, "server.office.example", "AAAA", "office.example", "MX");
      await dig("laptop", `@${SERVER6}`, "+tcp", "policy.office.example", "TXT");
      for (let visit = 0; visit < 6; visit++) {
        await curl("laptop", `http://[${SERVER6}]/page/${30 + visit}`, `http://[${SERVER6}]/page/${60 + visit}`);
        await sleep(250);
      }
      await curl("laptop", `http://[${VISITOR6}]/news/40`);
      await curl("laptop", `tftp://${SERVER}/phone.cfg`);
    })(),
    (async () => {
      await ping("desk", "-c", "12", "-i", "0.4", SERVER);
      await ping("desk", "-c", "3", "-i", "0.3", "-s", "4000", SERVER); // three fragments each
    })(),
    (async () => {
      await ping("laptop", "-6", "-c", "10", "-i", "0.45", SERVER6);
      await ping("laptop", "-6", "-c", "3", "-i", "0.3", "-s", "3200", VISITOR6);
      await ping("laptop", "-6", "-c", "2", "-i", "0.3", "-I", "eth0", "ff02::1");
    })(),
    // Visitors.
    ...VISITORS.map(async (visitor, index) => {
      await sleep(150 * index);
      for (let visit = 0; visit < 9; visit++) {
        await curl("internet", "--interface", visitor, `http://${SERVER}/page/${10 + 11 * visit}`);
        if (visit % 3 === 0) await dig("internet", "-b", visitor, `@${SERVER}`, "www.office.example");
        await sleep(300 + 90 * index);
      }
    }),
    (async () => {
      for (let visit = 0; visit < 6; visit++) {
        await curl("internet", "--interface", VISITOR6, `http://[${SERVER6}]/page/${25 + 5 * visit}`);
        await sleep(420);
      }
    })(),
    // Guests that nobody invited.
    (async () => {
      await sleep(800);
      const scan = ["nmap", "-n", "-Pn", "-sS", "-e", "eth0", "-S", SCANNER, "--max-retries", "1", "--max-rate", "280"];
      await lab.exec("internet", [...scan, "--top-ports", "600", SERVER]);
      await lab.exec("internet", ["nmap", "-6", "-n", "-Pn", "-sS", "--max-rate", "120", "--top-ports", "40", SERVER6]);
    })(),
    (async () => {
      await sleep(400);
      for (let guess = 0; guess < 32; guess++) {
        await curl("internet", "--interface", GUESSER, "--data", `user=admin&password=${guess}`, `http://${SERVER}/login`);
        await sleep(130);
      }
    })(),
    (async () => {
      await ping("internet", "-I", PINGER, "-c", "60", "-i", "0.08", SERVER);
      await ping("internet", "-I", PINGER, "-c", "6", "-i", "0.1", "-s", "2900", SERVER); // in fragments too
    })(),
    (async () => {
      for (const name of ["admin", "backup", "db", "dev", "git", "intranet", "ldap", "mail", "test", "vpn", "wiki", "www"]) {
        await dig("internet", "-b", SNOOPER, `@${SERVER}`, `${name}.office.example`);
        await sleep(350);
      }
      await lab.exec("internet", [
        "nmap",
        "-n",
        "-Pn",
        "-sU",
        "-e",
        "eth0",
        "-S",
        SNOOPER,
        "-p",
        "53,69,123,161",
        "--max-retries",
        "0",
        SERVER,
      ]);
    })(),
    // Phones, on their VLAN.
    (async () => {
      await ping("phone1", "-c", "8", "-i", "0.5", "192.0.2.130");
      await ping("phone1", "-c", "2", "-i", "0.3", "-s", "2500", "192.0.2.130"); // tagged fragments
    })(),
    (async () => {
      await sleep(300);
      await ping("phone2", "-6", "-c", "6", "-i", "0.5", "2001:db8:0:30::1");
    })(),
    (async () => {
      for (let call = 0; call < 6; call++) {
        await curl("phone1", "--data", `call=${call}&sdp=`.padEnd(700, "bzz "), "http://192.0.2.130:5060/invite");
        await curl("phone1", "http://[2001:db8:0:30::2]:5060/status/8");
        await sleep(500);
      }
    })(),
  ];
}

async function record(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "skep-record-"));
  try {
    await using lab = await openOffice();
    await startServers(lab, folder);
    const raw = join(folder, "office.pcap");
    const dump = ["tcpdump", "-i", "lan", "-w", raw, "-U", "--immediate-mode", "--time-stamp-precision=nano", "-Z", "root"];
    const tcpdump = lab.spawn("switch", dump, { stdio: ["ignore", "ignore", "pipe"] });
    await once(tcpdump.stderr!, "data"); // "listening on lan ..."
    await sleep(200);
    await Promise.all(scenes(lab));
    await sleep(300);
    const ended = once(tcpdump, "exit");
    tcpdump.kill("SIGINT");
    await ended;
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, await readFile(raw));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

// ── what is in it, for the README ───────────────────────────────────────────────────────────────────────────────────

/** Display filters of tshark, each with what it is called in the table. A frame may count in several rows. */
const ROWS: readonly (readonly [what: string, filter: string])[] = [
  ["all frames", "frame"],
  ["ARP", "arp"],
  ["IPv4", "ip"],
  ["IPv6", "ipv6"],
  ["TCP", "tcp"],
  ["… HTTP requests and answers", "http"],
  ["… of the SYN scans (first packets)", "tcp.flags.syn == 1 and tcp.flags.ack == 0 and tcp.window_size_value == 1024"],
  ["UDP", "udp"],
  ["… DNS", "dns"],
  ["ICMP", "icmp"],
  ["ICMPv6", "icmpv6"],
  ["… neighbour discovery", "icmpv6.type >= 133 and icmpv6.type <= 137"],
  ["IPv4 fragments", "ip.flags.mf == 1 or ip.frag_offset > 0"],
  ["IPv6 fragments", "ipv6.fraghdr"],
  ["tagged with VLAN 30", "vlan.id == 30"],
  ["IPv4 from 203.0.113.0/24 (blocked by the firewall example)", "ip.src#1 == 203.0.113.0/24"],
  ["IPv4 from 198.51.100.0/24", "ip.src#1 == 198.51.100.0/24"],
  ["IPv4 from 192.0.2.0/24", "ip.src#1 == 192.0.2.0/24"],
];

function tableOf(capture: string): string {
  const lines = ROWS.map(([what, filter]) => {
    const { stdout } = spawnSync("tshark", ["-r", capture, "-Y", filter, "-T", "fields", "-e", "frame.len"], {
      encoding: "utf8",
    });
    const lengths = stdout.split("\n").filter((line) => line !== "");
    const bytes = lengths.reduce((sum, length) => sum + Number(length), 0);
    return `| ${what} | ${lengths.length} | ${bytes} | \`${filter}\` |`;
  });
  return ["| what | frames | bytes | tshark's filter |", "| --- | ---: | ---: | --- |", ...lines].join("\n");
}

async function updateReadme(): Promise<void> {
  const readme = join(captures, "README.md");
  const text = await readFile(readme, "utf8");
  const [begin, end] = ["<!-- counted by scripts/record-capture.ts -->", "<!-- end -->"];
  const before = text.slice(0, text.indexOf(begin) + begin.length);
  await writeFile(readme, `${before}\n\n${tableOf(file)}\n\n${text.slice(text.indexOf(end))}`);
}

const TOOLS = ["ip", "tcpdump", "tshark", "dnsmasq", "curl", "nmap", "ping", "ethtool", "dig", "perl"];
const missing = TOOLS.filter((tool) => spawnSync("which", [tool]).status !== 0);
const reason = missing.length > 0 ? `these commands are missing: ${missing.join(", ")}` : await probeLab();
if (reason !== null) {
  console.error(`cannot record: ${reason}`);
  process.exit(1);
}
await record();
if (dirname(file) === resolve(captures)) await updateReadme();
console.log(`recorded ${file}`);
