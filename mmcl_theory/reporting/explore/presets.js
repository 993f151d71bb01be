// Tables to begin with.  All but the first are worlds of the package, times a whole number.

const PRESETS = {
  six: {
    title: "Six images and six captions",
    words:
      "Classes: A cat, B dog, C vehicle; the look is the colour, 1 brown or 2 white. Once the beagle was called a cat. " +
      "Strengthen the augmentation: from about 0.17 on SSCL sees the class rather than the colour.",
    source: "notebooks/01",
    images: [["tabby", 0, 0], ["siamese", 0, 1], ["beagle", 1, 0], ["poodle", 1, 1], ["truck", 2, 1], ["bus", 2, 0]],
    texts: [["a tabby cat", 0], ["a cat", 0], ["a dog", 1], ["a pet", 1], ["a truck", 2], ["on the road", 2]],
    counts: [
      [6, 5, 0, 3, 0, 0],
      [0, 8, 0, 3, 0, 0],
      [0, 1, 7, 3, 0, 1],
      [0, 0, 8, 4, 0, 0],
      [0, 0, 0, 0, 9, 5],
      [0, 0, 0, 0, 1, 9],
    ],
    k: 3,
    augmentation: 0.1,
  },
  isotropic: {
    title: "Isotropic noise",
    words:
      "Each image has one caption and is a class of its own; noise pairs it with any caption. At k = 1 the bound from " +
      "α_T is the residual itself.",
    source: "generators.isotropic_noise(n_classes=4, noise=0.2)",
    images: ["first", "second", "third", "fourth"].map((name, x) => [name, x, 0]),
    texts: ["one", "two", "three", "four"].map((name, l) => [name, l]),
    counts: tabulate(4, 4, (x, l) => (x === l ? 17 : 1)),
    k: 1,
    augmentation: 0.1,
  },
  captions: {
    title: "Detail of captions",
    words:
      "Four animals, each in two styles (the look). A caption names the animal or, one time in five, only its class. " +
      "Garble captions: σ₃ and σ₄, the detail, fall, and σ₂, the class, stays.",
    source:
      "worlds.content_style(n_contents=4, n_styles=2, n_classes=2, radius=0, caption_error=0.06, " +
      "caption_omission=0.2, caption_of='view')",
    images: ["cat", "dog", "crow", "owl"].flatMap((name, c) => [[`${name} 1`, c >> 1, 0], [`${name} 2`, c >> 1, 1]]),
    texts: [["a cat", 0], ["a dog", 0], ["a crow", 1], ["an owl", 1], ["a pet", 0], ["a bird", 1]],
    counts: tabulate(8, 6, (x, l) => (l < 4 ? (l === x >> 1 ? 94 : 2) : l - 4 === x >> 2 ? 24 : 1)),
    k: 2,
    augmentation: 0.1,
  },
  shortcut: {
    title: "A shortcut",
    words:
      "An image shows one of two meanings of its class, on a background (the look) that nearly always goes with the " +
      "class of its caption. Both encoders follow the background, SSCL wholly while augmentation is weak.",
    source: "worlds.scarce(n_classes=2, n_meanings=2, class_kept=0.8, meaning_kept=0.5, following=0.9)",
    images: ["a1", "a2", "b1", "b2"].flatMap((name, c) => [[`${name} dark`, c >> 1, 0], [`${name} light`, c >> 1, 1]]),
    texts: [["a1", 0], ["a2", 0], ["b1", 1], ["b2", 1]],
    counts: tabulate(8, 4, (x, l) => {
      const shown = x >> 1 === l ? 13 : x >> 2 === l >> 1 ? 5 : 1;
      return shown * (x % 2 === l >> 1 ? 19 : 1);
    }),
    k: 2,
    augmentation: 0.05,
  },
};

// The setting with which a preset begins.
function begun(name) {
  const { images, texts, counts, k, augmentation } = PRESETS[name];
  return {
    images: images.map(([called, label, look]) => ({ name: called, label, look })),
    texts: texts.map(([called, label]) => ({ name: called, label })),
    counts: counts.map((row) => [...row]),
    noise: 0, garbling: 0, augmentation, k, steps: 4,
  };
}
