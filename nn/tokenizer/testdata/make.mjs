// Makes the golden ids of this folder: see README.md.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Tokenizer } from "@huggingface/tokenizers";

const here = process.argv[2];
const texts = [
  "Hello world", "Hello  world", " leading and trailing ", "don't you've we'll I'm he'd SHOUTN'T 'tis",
  "The quick brown fox jumps over 12,345 lazy dogs.", "tabs\tand\nnew\n\nlines \n ", "naïve café — “quotes”", "½ ² ١٢٣ 一二三",
  "床前看月光，疑是地上霜。舉頭望山月，低頭思故鄉。", "🙂🙃 emoji 👩‍👩‍👧", "x = 3*(y+4) != z; // comment", "    four spaces", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
  "First Citizen:\nBefore we proceed any further, hear me speak.", "\u00a0no\u2003break", "e\u0301 combining", "''''s 's's", "a", " ", "",
];
const trained = new Tokenizer(JSON.parse(readFileSync(here + "/trained.json")), {});
const ids = (f) => JSON.stringify(texts.map((text) => ({ text, ids: f(text) })), null, 1) + "\n";
writeFileSync(here + "/trained_ids.json", ids((t) => trained.encode(t).ids));
const { encode } = createRequire(import.meta.url)("gpt-3-encoder");
writeFileSync(here + "/gpt2.json", ids((t) => encode(t)));
