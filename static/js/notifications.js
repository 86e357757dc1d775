// The inbox, kept as it is on the server.

import { keepFresh } from "./live.js";

keepFresh("inbox", () => location.href, () => !document.hidden);
