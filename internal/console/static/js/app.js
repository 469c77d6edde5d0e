// The console's scripts begin here. Each controller improves a page that works without it.
import { mountAll } from "./mount.js";
import { startForms } from "./forms.js";
import { startKeys } from "./keys.js";
import { startLive } from "./live.js";
import { startMenus } from "./menu.js";
import { startTimes } from "./time.js";
import { settleToasts } from "./toast.js";

document.documentElement.classList.add("js");
startForms();
startMenus();
startKeys();
startTimes();
settleToasts();
mountAll(document);
startLive(document.body.dataset.base ?? "");
