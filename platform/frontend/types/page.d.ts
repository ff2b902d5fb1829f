// What the pages add to the browser's own types: events, and properties that the modules set.

import type { EChartsType } from "echarts";
import type htmx from "htmx.org";
import type { Problem } from "../js/csrf.js";
import type { Entry } from "../js/dropped-files.js";
import type { Selection } from "../js/gallery/selection.js";
import type { Tiles } from "../js/gallery/tiles.js";
import type { EpochMetrics, FileResult, Job, UploadAnswer } from "./api";

export interface Uploaded {
  entries: Entry[];
  answers: UploadAnswer[];
  refused: FileResult[];
}

/** What `figure.chart` offers after the event `chart:ready`; only curves grow. */
export interface Chart {
  chart: EChartsType;
  append?: (...epochs: EpochMetrics[]) => void;
  update?: (data: { best_epoch?: number; ended?: boolean }) => void;
}

export type ChartFigure = HTMLElement & { chart?: Chart };

/** What js/gallery.js sets, which may come after a page's own module. */
export type Gallery = HTMLElement & { tiles?: Tiles; selection?: Selection };

interface PageEvents {
  "htmx:load": CustomEvent<{ elt: Element }>;
  "htmx:configRequest": CustomEvent<{ verb: string; headers: Record<string, string> }>;
  "htmx:responseError": CustomEvent<{ elt: Element; xhr: XMLHttpRequest }>;
  "htmx:sendError": CustomEvent<{ elt: Element }>;
  "allauth.error": CustomEvent<{ exception?: Error }>;
  "loupe:toast": CustomEvent<{
    message: string;
    error?: boolean;
    undo_url?: string;
    link?: { url: string; label: string };
  }>;
  "loupe:signed-out": CustomEvent;
  "loupe:theme": CustomEvent<{ dark: boolean }>;
  "loupe:job-started": CustomEvent;
  "job:epoch": CustomEvent<EpochMetrics & { jobId: string }>;
  "job:ended": CustomEvent<Job & { jobId: string }>;
  files: CustomEvent<{ entries: Entry[] }>;
  uploaded: CustomEvent<Uploaded>;
  "upload-failed": CustomEvent<{ problem: Problem }>;
  "upload-cancelled": CustomEvent;
  selection: CustomEvent<{ ids: string[] }>;
  "tiles-added": CustomEvent;
  "points:selected": CustomEvent<{ indices: number[] }>;
  "points:over": CustomEvent<{ index: number | null }>;
}

declare global {
  interface DocumentEventMap extends PageEvents {}
  interface HTMLElementEventMap extends PageEvents {}
  interface Window {
    htmx: typeof htmx;
  }
}
