// tus-js-client, which the pages use, against a real server over connections that are cut.
import assert from "node:assert/strict";
import { createHash, randomBytes, randomInt } from "node:crypto";
import { after, before, test } from "node:test";
import { Upload } from "tus-js-client";
import { startFlakyProxy } from "./flaky-proxy.mjs";
import { Nang } from "./nang.mjs";

const CUTS = 20;
const SIZE_BYTES = 48_000_000;

let nang;

before(async () => {
  nang = await Nang.start();
});

after(() => nang?.stop());

/** Uploads `bytes` to a new film and returns the server's record of the file when tus-js-client reports success. */
async function upload(server, bytes, name, options = {}) {
  const film = await nang.admin.createFilm(name);
  const progress = [];
  const done = new Promise((resolve, reject) => {
    const upload = new Upload(bytes, {
      endpoint: `${server}/api/admin/uploads`,
      metadata: { filename: name, film_id: film.id },
      headers: { Authorization: `Bearer ${nang.admin.token}` },
      retryDelays: Array(200).fill(100),
      onShouldRetry: () => true,
      onChunkComplete: (_size, offset) => progress.push(offset),
      onSuccess: () => resolve(upload),
      onError: reject,
      ...options,
    });
    upload.start();
  });
  const { url } = await done;
  const { files } = await nang.admin.film(film.id);
  assert.equal(files.length, 1, "interruptions must not create a second upload");
  assert.ok(url.endsWith(`/api/admin/uploads/${files[0].id}`));
  assert.ok(progress.every((offset, index) => index === 0 || offset >= progress[index - 1]));
  return files[0];
}

function sha256(bytes) {
  return createHash("sha256").update(bytes).digest("hex");
}

test("a file is uploaded completely over a connection that is cut twenty times", {
  timeout: 300_000,
}, async (context) => {
  const bytes = randomBytes(SIZE_BYTES);
  let planned = 0;
  // Each connection transfers less than a twentieth of the file, so that all cuts happen before its end. It transfers
  // enough for the response to the creation to arrive, because tus cannot repeat a creation.
  const nextCut = () => (planned++ < CUTS ? randomInt(4096, SIZE_BYTES / CUTS) : null);
  const proxy = await startFlakyProxy(new URL(nang.url).port, nextCut);
  try {
    const file = await upload(proxy.url, bytes, 'ໜັງ "cut".mov');
    context.diagnostic(`${proxy.cuts()} cuts`);
    assert.equal(proxy.cuts(), CUTS);
    assert.equal(file.name, 'ໜັງ "cut".mov');
    assert.equal(file.state, "uploaded");
    assert.equal(file.received_bytes, SIZE_BYTES);
    assert.equal(file.sha256, sha256(bytes));
  } finally {
    await proxy.stop();
  }
});

for (const [what, options] of [
  ["in one request", {}],
  ["in chunks", { chunkSize: 5_000_001 }],
  ["with its first bytes in the creation request", { uploadDataDuringCreation: true, chunkSize: 7_000_000 }],
  ["with the method in a header", { overridePatchMethod: true }],
]) {
  test(`a file is uploaded completely ${what}`, async () => {
    const bytes = randomBytes(20_000_000);
    const file = await upload(nang.url, bytes, what, options);
    assert.equal(file.state, "uploaded");
    assert.equal(file.sha256, sha256(bytes));
  });
}

test("a refusal is reported to the page without retries", async () => {
  const refused = upload(nang.url, Buffer.alloc(0), "empty.mov", { onShouldRetry: undefined });
  await assert.rejects(refused, (error) => {
    assert.equal(error.originalResponse.getStatus(), 400);
    const problem = JSON.parse(error.originalResponse.getBody());
    assert.match(problem.detail, /empty/);
    return true;
  });
});

test("a terminated upload is deleted", async () => {
  const film = await nang.admin.createFilm("terminated");
  const address = await new Promise((resolve, reject) => {
    const upload = new Upload(randomBytes(30_000_000), {
      endpoint: `${nang.url}/api/admin/uploads`,
      metadata: { filename: "film.mov", film_id: film.id },
      headers: { Authorization: `Bearer ${nang.admin.token}` },
      chunkSize: 5_000_000,
      onChunkComplete: () => upload.abort(true).then(() => resolve(upload.url), reject),
      onError: reject,
    });
    upload.start();
  });
  assert.ok(address);
  assert.deepEqual((await nang.admin.film(film.id)).files, []);
});
