import assert from "node:assert/strict";
import { test } from "node:test";
import { ADD_CONST_64 } from "../state/register.ts";
import { IdMap } from "./ids.ts";

function ids(last = 100): IdMap {
  const map = new IdMap();
  map.reset(last);
  return map;
}

test("which numbers ids have does not matter, only which of them are equal", () => {
  const map = ids();
  assert.equal(map.same(1, 7), true);
  assert.equal(map.same(2, 8), true);
  assert.equal(map.same(1, 7), true, "the same pair again");
  assert.equal(map.same(1, 8), false, "1 stands for 7");
  assert.equal(map.same(3, 7), false, "7 stands for 1: two that differed before are one now");
});

test("no id stands for no id", () => {
  const map = ids();
  assert.equal(map.same(0, 0), true);
  assert.equal(map.same(0, 5), false);
  assert.equal(map.same(5, 0), false);
});

test("a link that the old state lacks proves nothing more; one that the new state lacks is missed where it is used twice", () => {
  const map = ids();
  assert.equal(map.sameNumber(0, 9, ADD_CONST_64), true);
  assert.equal(map.sameNumber(0, 9, ADD_CONST_64), true);
  assert.equal(map.sameNumber(4, 0, ADD_CONST_64), true, "one number linked with nothing");
  assert.equal(map.sameNumber(4, 0, ADD_CONST_64), false, "two that were equal before are not now");
});

test("a number that differs by a constant keeps the number that it differs from", () => {
  const map = ids();
  assert.equal(map.sameNumber(4, 9, ADD_CONST_64), true);
  assert.equal(map.sameNumber(4 | ADD_CONST_64, 9 | ADD_CONST_64, ADD_CONST_64), true);
  const other = ids();
  assert.equal(other.sameNumber(4, 9, ADD_CONST_64), true);
  assert.equal(other.sameNumber(4 | ADD_CONST_64, 8 | ADD_CONST_64, ADD_CONST_64), false, "it differs from another number");
});

test("past what eight frames could hold nothing is equal", () => {
  const map = ids();
  let id = 1;
  while (map.same(id, id)) id++;
  assert.ok(id > 8 * (10 + 64), `${id} pairs`);
});
