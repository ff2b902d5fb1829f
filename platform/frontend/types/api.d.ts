// The shapes of the REST API that the modules read; docs/api.md has all of them.

export type Status =
  | "pending"
  | "queued"
  | "running"
  | "retry_wait"
  | "succeeded"
  | "failed"
  | "cancelled";

export interface JobError {
  code?: string;
  title?: string;
  detail?: string;
  hint?: string;
}

export interface JobProgress {
  done?: number;
  total?: number;
  unit?: string;
  message?: string;
  eta_seconds?: number;
  rate?: number;
}

export interface Job {
  id: string;
  status: Status;
  progress?: JobProgress | null;
  error?: JobError | null;
  result?: { url?: string } | null;
  attempts: number;
  max_attempts: number;
  next_attempt_at?: string | null;
  queue_position?: number | null;
  cancel_requested_at?: string | null;
  cancel_reason?: string;
}

/** What the page of news answers about a job that has ended. */
export interface JobNews {
  id: string;
  title: string;
  status: Status | "needs_answer";
  error: string;
  label: string;
  url: string;
}

/** Metrics by their names, such as `val_accuracy`; null where the epoch has none. */
export interface EpochMetrics {
  epoch: number;
  [metric: string]: number | null;
}

export interface Page<Item> {
  next: string | null;
  results: Item[];
}

export interface Image {
  id: string;
  name: string;
  class_name: string | null;
  suggested_class?: string | null;
  suggested_probability?: number | null;
  split?: string | null;
  excluded: boolean;
  file_url: string;
  thumbnail_url: string;
  width: number;
  height: number;
  format: string;
  labelled_by?: string | null;
}

export interface InstantModel {
  status: "off" | "no_vectors" | "embedding" | "needs_labels" | "fitting" | "ready";
  detail: string;
  learned_from: number;
  accuracy: number | null;
  interval: [number, number] | null;
  updated_at: string | null;
}

export interface GridGroup {
  class_name: string | null;
  images: Image[];
}

export interface GridScreen {
  kind: "look_alikes" | "one_class" | "mixed" | "unsorted";
  groups: GridGroup[];
  remaining: number;
  seen_at: string;
  instant_model: InstantModel;
}

export interface Annotation {
  image: string;
  class_name: string;
  expected_class_name?: string;
}

export interface ClassProbability {
  class_name: string;
  probability: number;
}

export interface AnsweredClass extends ClassProbability {
  precision: number | null;
  precision_images: number | null;
  precision_interval: [number, number] | null;
  note?: { description: string; link: string };
}

export interface RelatedClass {
  class_name: string;
  why: ("mistaken" | "alike")[];
  mistaken: number | null;
  cosine: number | null;
}

export interface ImagePrediction {
  id?: string;
  kept?: boolean;
  status: number;
  detail: string;
  classes: AnsweredClass[];
  related?: RelatedClass[];
  images?: string[];
  each?: ImagePrediction[];
  decision?: "accept" | "review" | "unknown" | null;
  answer_set?: string[];
  neighbours?: { image: string | null; class_name: string; cosine: number }[];
}

export interface PredictAnswer {
  version: number;
  predictions: ImagePrediction[];
  timing: { decode_ms: number; inference_ms: number; precision: string; queue_ms: number };
}

export interface BulkAnswer {
  edit: string;
  matched: number;
  changed: number;
}

export interface QualityItem {
  id: string;
  image_count: number;
  images: Image[];
  class_names: string[];
  given_class: string;
  suggested_class: string;
  note?: string;
}

export interface DatasetMap {
  status: "none" | "computing" | "ready" | "stale";
  method: string;
  created_at: string;
  image_count: number;
  sample_of: number | null;
  images: string[];
  x: number[];
  y: number[];
  class_names: string[];
  class_index: number[];
  splits: string[];
  split_index: number[];
}

/** One file of an upload, and what became of it. */
export interface FileResult {
  name: string;
  status: number;
  detail: string;
}

/** What an upload answers: an import for an archive, a result per file for images. */
export interface UploadAnswer {
  id?: string;
  job?: { id: string };
  results?: FileResult[];
}

export interface ClassLabel {
  id: string;
  name: string;
}

export interface ReviewItem {
  id: string;
  reason: string;
  model: string | null;
  dataset: string | null;
  image: string | null;
  prediction: string | null;
  batch: string | null;
  name: string;
  file_url: string;
  given_class: string | null;
  suggested: { class_name: string; probability: number | null }[];
  decision: string | null;
  uncertainty: number;
}
