import StrataModel

/// What is wrong with objects that stand for others. Git has an end of its own for each.
extension ObjectError {
    /// The object that stands for another is not there: then neither is that one.
    var isMissingReplacement: Bool { code == .corrupt && cause.hasPrefix("replacement ") }

    /// Nothing can be read by anybody.
    var concernsReplacements: Bool {
        ["replace depth too high", "duplicate replace ref", "bad boolean config value"].contains { cause.hasPrefix($0) }
    }
}
