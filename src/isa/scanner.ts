/** The tokens of one line of assembler text. */

import { AssembleError } from "./errors.ts";

export interface Token {
  readonly kind: "name" | "number" | "symbol" | "end";
  /** As written. */
  readonly text: string;
  /** From 1. */
  readonly column: number;
}

const SPACE = /[ \t\r]+/y;
// `#` begins a comment only after a space: `call bpf_ktime_get_ns#5` has one in the middle.
const COMMENT = /(?:;|\/\/|#)/y;
// Before names: the `s` of signed operators belongs to them.
const SYMBOL = /s>>=|s\/=|s%=|s<=|s>=|s<|s>|<<=|>>=|<=|>=|==|!=|\+=|-=|\*=|\/=|%=|&=|\|=|\^=|[-+*&=<>()[\],:#@]/y;
const NAME = /[A-Za-z_.$][A-Za-z0-9_.$]*/y;
const NUMBER = /0[xX][0-9a-fA-F]+|[0-9]+/y;

/** Reads one line. Stops at a comment. */
export class Scanner {
  readonly line: number;
  readonly #text: string;
  #at = 0;
  #next: Token;

  /** `line` counts from 1. */
  constructor(text: string, line: number) {
    this.#text = text;
    this.line = line;
    this.#next = this.#scan();
  }

  /** The next token, which stays the next one. */
  get next(): Token {
    return this.#next;
  }

  /** Whether the line is read. */
  get done(): boolean {
    return this.#next.kind === "end";
  }

  take(): Token {
    const token = this.#next;
    if (token.kind !== "end") this.#next = this.#scan();
    return token;
  }

  /** Takes the token if it reads so. */
  takeIf(text: string): boolean {
    if (this.#next.kind === "end" || this.#next.text !== text) return false;
    this.take();
    return true;
  }

  /** Takes the token, which must read so. */
  expect(text: string): void {
    if (!this.takeIf(text)) throw this.unexpected(`'${text}'`);
  }

  /** Where reading can go back to. */
  mark(): { readonly at: number; readonly next: Token } {
    return { at: this.#at, next: this.#next };
  }

  reset(mark: { readonly at: number; readonly next: Token }): void {
    this.#at = mark.at;
    this.#next = mark.next;
  }

  /** An error at the next token. */
  unexpected(expected: string): AssembleError {
    const found = this.#next.kind === "end" ? "the line ends" : `'${this.#next.text}' stands`;
    return this.error(`${found} where ${expected} is expected`, this.#next);
  }

  error(detail: string, at: Token): AssembleError {
    return new AssembleError(this.line, at.column, detail);
  }

  #scan(): Token {
    const spaced = this.#match(SPACE) !== null || this.#at === 0;
    const column = this.#at + 1;
    if (this.#at === this.#text.length) return { kind: "end", text: "", column };
    if (this.#text[this.#at] === "#" ? spaced : this.#peek(COMMENT)) {
      this.#at = this.#text.length;
      return { kind: "end", text: "", column };
    }
    const symbol = this.#match(SYMBOL);
    if (symbol !== null) return { kind: "symbol", text: symbol, column };
    const name = this.#match(NAME);
    if (name !== null) return { kind: "name", text: name, column };
    const number = this.#match(NUMBER);
    if (number !== null) return { kind: "number", text: number, column };
    throw new AssembleError(this.line, column, `the character '${this.#text[this.#at]!}' has no meaning here`);
  }

  #peek(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    return pattern.test(this.#text);
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) return null;
    this.#at += found[0].length;
    return found[0];
  }
}
