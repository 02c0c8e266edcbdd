import StrataModel

/// What the fields of a format ask beyond the reference itself.
protocol FormatContext {
    /// The reference that HEAD leads to, where that leads to an object.
    var headTarget: RefName? { get throws(CommandExit) }

    /// The object's kind and size, or nil when it is absent. The size is 0 unless `needsSize`.
    func header(of id: ObjectID, needsSize: Bool) throws(CommandExit) -> ObjectHeader?

    /// What the tag `id` peels to.
    func peel(_ id: ObjectID) throws(CommandExit) -> ObjectID

    /// The shortest form of `name` that is not ambiguous.
    func shorten(_ name: Bytes) throws(CommandExit) -> Bytes

    /// The number of digits that make `id` unique, at least `minimum`; nil = as configured.
    func uniqueDigits(of id: ObjectID, minimum: Int32?) throws(CommandExit) -> Int
}
