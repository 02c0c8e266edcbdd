import StrataObjects

/// Makes random histories of objects.
struct ObjectHistoryGenerator {
    private var numbers: SeededNumbers
    private let count: Int
    private let canWrite: Bool
    private let hasTwoHandles: Bool
    private let hasUpkeep: Bool
    private let pins: Bool

    init(_ trial: ObjectTrial, _ pool: ObjectHistoryPool, seed: UInt64) {
        numbers = SeededNumbers(seed: seed)
        count = pool.count
        canWrite = trial.capabilities.contains(.writes)
        hasTwoHandles = trial.hasTwoHandles
        hasUpkeep = trial.upkeep != nil
        pins = trial.capabilities.contains(.pins)
    }

    mutating func history(_ count: Int) -> [ObjectHistoryStep] { (0..<count).map { _ in step() } }

    private mutating func step() -> ObjectHistoryStep {
        let object = numbers.below(count)
        let throughWriter = !canWrite || (hasTwoHandles && numbers.oneIn(2))
        switch numbers.below(24) {
        case 0...4: return .write(object, throughWriter: throughWriter)
        case 5...7:
            return .writeStream(object, piece: numbers.pick([1000, 40_000, 1 << 20]), throughWriter: throughWriter)
        case 8 where canWrite: return .writeWrongStream(object, off: numbers.pick([-1, 1, 5000]))
        case 9: return .readTooLarge(object)
        case 10: return .stream(object, pieces: numbers.below(3))
        case 11: return .list(walk())
        case 12: return .beginWalk(walk())
        case 13: return .goOn(numbers.below(4) + 1)
        case 14: return .endWalk
        case 15, 16:
            let digits = numbers.pick([0, 1, 2, 3, 4, 4, 5, 5, 6, 10, 40])
            return .abbreviate(object, digits: digits, atMost: numbers.oneIn(3) ? numbers.below(3) : .max)
        case 17, 18: return .distinguish(object)
        case 19 where pins: return .pin
        case 20 where pins: return .checkPins
        case 21 where hasUpkeep: return .upkeep
        default: return .read(object)
        }
    }

    private mutating func walk() -> ObjectHistoryStep.Walk { numbers.pick(ObjectHistoryStep.Walk.allCases) }
}
