// Attaches the program to what leaves an interface until Ctrl-C: sudo node main.ts eth0

import { compile, openEngine } from "skep";

type Program = typeof import("./program.bpf.ts");

const [name = "lo"] = process.argv.slice(2);
await using engine = await openEngine("linux");
await using it = await engine.load<Program>(await compile(`${import.meta.dirname}/program.bpf.ts`));
await using link = await it.programs.shape.attach({ interface: name, direction: "egress" });
console.log(`${link.description}; Ctrl-C ends it`);
await new Promise((done) => process.once("SIGINT", done));

console.table([...it.maps.bytes].map(([protocol, bytes]) => ({ protocol, bytes })));
