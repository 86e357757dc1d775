// What a program does with the API. Never run: the compiler holds it against the types made of the schema.
import createClient from "openapi-fetch";
import type { components, paths } from "event-manager";

type Event = components["schemas"]["Event"];
type Problem = components["schemas"]["Problem"];

const api = createClient<paths>({ baseUrl: "http://localhost:8000" });

function refusal(problem: Problem): Error {
  const fields: { [name: string]: string[] } = problem.fields ?? {};
  return new Error(`${problem.status} ${problem.code}: ${problem.detail} ${Object.keys(fields).join()}`);
}

export async function logIn(email: string, password: string): Promise<void> {
  const { data, error } = await api.POST("/api/v1/auth/login/", { body: { email, password } });
  if (error) throw refusal(error);
  const authorization = `Bearer ${data.access}`;
  api.use({ onRequest: ({ request }) => request.headers.set("Authorization", authorization) });
}

export async function findEvents(q: string): Promise<Event[]> {
  const { data, error } = await api.GET("/api/v1/events/", { params: { query: { q, past: false, page_size: 5 } } });
  if (error) throw refusal(error);
  const next: string | null = data.next;
  return next === null ? data.results : [...data.results, ...(await findEvents(q))];
}

export async function postEvent(): Promise<Event> {
  const { data, error } = await api.POST("/api/v1/events/", {
    body: { headline: "Concert", starts_at: "2027-05-01T20:00", time_zone: "Europe/Rome", state: "public" },
  });
  if (error) throw refusal(error);
  return data;
}

export async function moveEvent(event: Event, starts_at: string): Promise<number> {
  const { data, error } = await api.PATCH("/api/v1/events/{id}/", {
    params: { path: { id: event.id }, header: { "If-Match": `"${event.revision}"` } },
    body: { starts_at },
  });
  if (error) throw refusal(error);
  return data.revision;
}

export async function subscribe(event: Event): Promise<(string | null)[]> {
  const { data, error } = await api.POST("/api/v1/events/{id}/subscribe/", {
    params: { path: { id: event.id } },
    body: { leads: [1440, 60] },
  });
  if (error) throw refusal(error);
  return data.reminders.map((reminder) => reminder.due_at);
}

export async function readInbox(): Promise<number> {
  const { data, error } = await api.GET("/api/v1/notifications/", { params: { query: { unread: true } } });
  if (error) throw refusal(error);
  const ids = data.results.map((notification) => notification.id);
  const marked = await api.POST("/api/v1/notifications/mark-read/", { body: { ids } });
  if (marked.error) throw refusal(marked.error);
  return marked.data.unread;
}

export async function mistakes(event: Event): Promise<void> {
  // @ts-expect-error: a start is needed
  await api.POST("/api/v1/events/", { body: { headline: "Concert" } });
  // @ts-expect-error: there is no such state
  await api.PATCH("/api/v1/events/{id}/", { params: { path: { id: event.id } }, body: { state: "secret" } });
  // @ts-expect-error: there is no such URL
  await api.GET("/api/v1/nothing/");
}
