// What an app developer writes against the generated types: sign in, log a symptom, read on.
// Run as: node app.js <address> <email> <password>; prints what it saw as JSON.
import createClient from "openapi-fetch";
import type { paths } from "./schema.js";

const [baseUrl = "", email = "", password = ""] = process.argv.slice(2);
const waymark = createClient<paths>({ baseUrl });

const refused = await waymark.POST("/api/v1/auth/login", { body: { email, password: "wrong" } });
const signedIn = await waymark.POST("/api/v1/auth/login", { body: { email, password } });
if (signedIn.data === undefined) throw new Error("could not sign in");
const token = signedIn.data.access_token;
waymark.use({
  onRequest({ request }) {
    request.headers.set("Authorization", `Bearer ${token}`);
  },
});

const me = { params: { path: { pid: "me" } } };
const report = {
  id: crypto.randomUUID(),
  reported_at: "2026-03-02T09:00:00-08:00",
  answers: [{ symptom: "nausea" as const, frequency: 3, severity: 3 }],
};
const first = await waymark.POST("/api/v1/patients/{pid}/symptom-reports", { ...me, body: report });
const again = await waymark.POST("/api/v1/patients/{pid}/symptom-reports", { ...me, body: report });
const feed = await waymark.GET("/api/v1/patients/{pid}/feed", me);
const wrong = await waymark.POST("/api/v1/patients/{pid}/symptom-reports", {
  ...me,
  body: { ...report, id: crypto.randomUUID(), temperature_c: 99 },
});

console.log(
  JSON.stringify({
    refused: refused.error?.type,
    statuses: [first.response.status, again.response.status, feed.response.status],
    level: first.data?.guidance?.level,
    same: first.data?.id === again.data?.id,
    feed: feed.data?.items?.map((item) => item.slug),
    wrong: wrong.error?.errors,
  }),
);
