import StrataModel

extension RoutingRefStore: NamedRefStore {
    package var explainedKind: String { "routing" }

    public func explain(_ question: RefQuestion) -> RefExplanation { explainParts(question) }

    func role(of part: RefPart) -> String { routes.prefixes(of: part).joined(separator: ", ") }
}

extension WorktreeRefStore: NamedRefStore {
    package var explainedKind: String { "worktree" }

    public func explain(_ question: RefQuestion) -> RefExplanation { explainParts(question) }

    func role(of part: RefPart) -> String {
        part.rank == 0 ? "common" : "worktree \(String(decoding: part.id, as: UTF8.self))"
    }
}

extension SplitRefStore {
    /// The answer, and those of the parts that have a share in it.
    fileprivate func explainParts(_ question: RefQuestion) -> RefExplanation {
        var layers: [RefExplanation] = []
        switch question {
        case .name(let name): layers = explainParts(name, question)
        case .scope(let scope):
            // Several shares may be one part's.
            for share in shares {
                if let piece = shares.count == 1 ? scope : share.scope(scope) {
                    layers.append(explainPart(share.part, .scope(piece)))
                }
            }
            for part in listedParts where !layers.contains(where: { $0.role == role(of: part) }) {
                layers.append(explainPart(part, question, unless: "for it has no name of the scope"))
            }
        }
        return explanation(kindOfStore, question, layers)
    }

    private func explainParts(_ name: RefName, _ question: RefQuestion) -> [RefExplanation] {
        guard let place = place(of: name) else {
            return listedParts.map { explainPart($0, question, unless: "for the name lives nowhere") }
        }
        let others = listedParts.filter { $0 != place.part }
        return [explainPart(place.part, .name(place.name))]
            + others.map { explainPart($0, question, unless: "for the name does not live there") }
    }

    private func explainPart(_ part: RefPart, _ question: RefQuestion, unless reason: String? = nil) -> RefExplanation {
        do throws(RefError) {
            guard let store = try store(of: part) else {
                return RefExplanation("none", question, .absent).playing(role(of: part))
            }
            if let reason { return store.unasked(question, reason).playing(role(of: part)) }
            return store.explain(question).playing(role(of: part))
        } catch {
            return RefExplanation("none", question, .failed(error)).playing(role(of: part))
        }
    }
}
