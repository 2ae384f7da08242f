/** Draws what `npm start` prints, with its colours, into docs/firewall.svg: the README's picture. Run: `node scripts/picture.ts`. */

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");
const COMMAND = [
  "run",
  "examples/firewall.bpf.ts",
  "--replay",
  "examples/captures/office.pcap",
  "--set",
  'blocked={"prefixLength":24,"address":"203.0.113.0"}:1',
];
const PROMPT = [
  "$ npx skep run examples/firewall.bpf.ts --replay examples/captures/office.pcap \\",
  `    --set '${COMMAND.at(-1)}'`,
  "",
];

const CHARACTER = 8.4;
const LINE = 20;
const MARGIN = 20;
const COLOURS: Readonly<Record<string, string>> = {
  "1": "#ffffff",
  "2": "#8b949e",
  "31": "#ff7b72",
  "32": "#7ee787",
  "33": "#e3b341",
  "36": "#79c0ff",
};

const output = execFileSync(process.execPath, [resolve(root, "bin/skep.js"), ...COMMAND], {
  cwd: root,
  encoding: "utf8",
  env: { ...process.env, FORCE_COLOR: "1" },
});
const lines = [...PROMPT, ...output.trimEnd().split("\n")];
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const width = Math.max(...lines.map((line) => line.replace(/\x1b\[\d+m/g, "").length)) * CHARACTER + 2 * MARGIN;
const height = lines.length * LINE + 2 * MARGIN;

writeFileSync(
  resolve(root, "docs/firewall.svg"),
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width.toFixed(0)} ${height}" font-family="ui-monospace, Menlo, Consolas, monospace" font-size="14">
<title>skep run: verdicts, and drops by source</title>
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
${lines.map((line, at) => `<text x="${MARGIN}" y="${MARGIN + LINE * (at + 0.75)}" xml:space="preserve" fill="#c9d1d9">${spans(line)}</text>`).join("\n")}
</svg>
`,
);

/** SGR sequences become coloured spans; every closing sequence goes back to plain. */
function spans(line: string): string {
  return line
    .split("\x1b[")
    .map((piece, at) => {
      if (at === 0) return xmlText(piece);
      const [, code = "", text = ""] = /^(\d+)m(.*)$/s.exec(piece) ?? [];
      const colour = COLOURS[code];
      return colour === undefined
        ? xmlText(text)
        : `<tspan fill="${colour}"${code === "1" ? ' font-weight="bold"' : ""}>${xmlText(text)}</tspan>`;
    })
    .join("");
}

function xmlText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
