/// Whether a sanitizer watches, as `make sanitize` says by `STRATA_SANITIZED`: everything takes some ten times as long then, on a busy machine twenty.
public let isSanitized = processEnvironment()["STRATA_SANITIZED"] != nil

/// How much longer than by itself something may take.
public let slack = isSanitized ? 20 : 1

/// How often to do something slow: `count` times, or a fifth of that while a sanitizer watches.
public func scaled(_ count: Int) -> Int { isSanitized ? max(1, count / 5) : count }
