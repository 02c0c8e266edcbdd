extension RefScope {
    /// The piece of this scope that begins with `prefix`, without what lies below `nested`, which end in slashes; nil when no name can
    /// be left.
    func narrowed(to prefix: [UInt8], without nested: [[UInt8]] = []) -> RefScope? {
        var piece = self
        if prefix.starts(with: self.prefix) {
            piece.prefix = prefix
        } else if !self.prefix.starts(with: prefix) {
            return nil
        }
        if nested.contains(where: { piece.prefix.starts(with: $0) }) { return nil }
        // Most scopes lie beside all of them.
        let inside = nested.filter { $0.starts(with: piece.prefix) }
        if !inside.isEmpty { piece.exclude(inside) }
        return piece.mayHoldNames(under: piece.prefix) ? piece : nil
    }
}
