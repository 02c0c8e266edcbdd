/* What the thread sanitizer must be told of Swift's runtime, linked into every program of the package that it watches. Nothing at all without it. */
