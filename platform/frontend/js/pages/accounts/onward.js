// Goes on to the OpenID provider by itself. A click would work, too.

import { one } from "../../dom.js";

location.replace(one(document, "[data-onward]", HTMLAnchorElement).href);
