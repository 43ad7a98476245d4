// What the page asks of the server. Addresses are relative to the page, which may live below another path.

import { jobIn, translated } from "./translated.js";

/** A refusal, or a fault, in words for people. */
export class Fault extends Error {
  /** @param {{message: string, suggestion?: string, details?: string, status?: number}} said */
  constructor(said) {
    super(said.message);
    this.suggestion = said.suggestion ?? "";
    this.details = said.details ?? "";
    this.status = said.status ?? 0;
  }
}

/** Nobody answered: the connection is lost, or the server is restarted. */
export class Lost extends Error {}

/** @param {string} path */
export const address = (path) => new URL(path, document.baseURI).href;

/**
 * The JSON that the server answers with. Raises Fault, and Lost where there is no answer.
 * @param {string} path @param {RequestInit} [how]
 */
export async function ask(path, how = {}) {
  let answer, said;
  try {
    answer = await fetch(address(path), { cache: "no-store", ...how });
    said = await answer.json();
  } catch {
    if (!answer || answer.ok || answer.status >= 502) throw new Lost();
    said = {};
  }
  if (answer.ok) return said;
  const [message, suggestion, details] = [said.error ?? answer.statusText, said.suggestion, said.details].map(translated);
  throw new Fault({ message, suggestion, details, status: answer.status });
}

/** @param {object} order @returns {Promise<string>} the job's token */
export async function begin(order) {
  const headers = { "Content-Type": "application/json" };
  return (await ask("api/jobs", { method: "POST", headers, body: JSON.stringify(order) })).job;
}

/** A job, in the page's language. @param {string} token */
export const look = async (token) => jobIn(await ask(`api/jobs/${token}`));

/** Cancels a running job; one that has ended is forgotten with its files. @param {string} token */
export const end = (token) => ask(`api/jobs/${token}`, { method: "DELETE" });
