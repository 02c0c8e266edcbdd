extension RefScope {
    /// The piece of this scope that begins with `prefix`, without what lies below `nested`; nil when no name can be left.
    func narrowed(to prefix: [UInt8], without nested: [[UInt8]] = []) -> RefScope? {
        var piece = self
        if prefix.starts(with: self.prefix) {
            piece.prefix = prefix
        } else if !self.prefix.starts(with: prefix) {
            return nil
        }
        if !nested.isEmpty { piece.exclude(nested) }
        return piece.mayHoldNames(under: piece.prefix) ? piece : nil
    }
}
