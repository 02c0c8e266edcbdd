import StrataModel

/// An id that whoever sent it may have chosen freely, as a key: all of its bytes are hashed, so that many that begin alike make no table slow.
struct ChosenID: Hashable {
    let id: ObjectID

    init(_ id: ObjectID) { self.id = id }

    func hash(into hasher: inout Hasher) {
        hasher.combine(id.word0)
        hasher.combine(id.word1)
        hasher.combine(id.word2)
        hasher.combine(id.word3)
    }
}
