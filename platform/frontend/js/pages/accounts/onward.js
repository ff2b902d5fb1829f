// Goes on to the OpenID provider by itself. A click would work, too.
location.replace(document.querySelector("[data-onward]").href);
