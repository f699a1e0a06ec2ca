package org.example.theatre;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The seats of a hall: who sits where, and which seats go together best. */
public final class SeatMap {
    public enum State { FREE, HELD, SOLD }

    private static final int MAX_GROUP = 12;

    private final int rows;
    private final int columns;
    private final State[][] states;
    private final Map<State, Integer> counts = new EnumMap<>(State.class);

    public SeatMap(int rows, int columns) {
        if (rows < 1 || columns < 1) {
            throw new IllegalArgumentException("a hall has at least one seat");
        }
        this.rows = rows;
        this.columns = columns;
        this.states = new State[rows][columns];
        for (State[] row : states) {
            java.util.Arrays.fill(row, State.FREE);
        }
        counts.put(State.FREE, rows * columns);
    }

    /** Some seats side by side in one row. */
    public record Block(int row, int firstColumn, int size) {
        public Block {
            if (size < 1) {
                throw new IllegalArgumentException("a block holds a seat");
            }
        }

        double distanceTo(double centreRow, double centreColumn) {
            double middle = firstColumn + (size - 1) / 2.0;
            return Math.hypot(row - centreRow, (middle - centreColumn) / 2);
        }
    }

    public State stateOf(int row, int column) {
        return states[row][column];
    }

    public int count(State state) {
        return counts.getOrDefault(state, 0);
    }

    public Optional<Block> bestBlock(int size) {
        if (size > MAX_GROUP) {
            return Optional.empty();
        }
        double centreRow = rows * 0.6;
        double centreColumn = (columns - 1) / 2.0;
        return freeBlocks(size).stream()
                .min(Comparator.comparingDouble(block -> block.distanceTo(centreRow, centreColumn)));
    }

    private List<Block> freeBlocks(int size) {
        List<Block> found = new ArrayList<>();
        for (int row = 0; row < rows; row++) {
            int run = 0;
            for (int column = 0; column < columns; column++) {
                run = states[row][column] == State.FREE ? run + 1 : 0;
                if (run >= size) {
                    found.add(new Block(row, column - size + 1, size));
                }
            }
        }
        return found;
    }

    public void hold(Block block) {
        change(block, State.FREE, State.HELD);
    }

    public void sell(Block block) {
        change(block, State.HELD, State.SOLD);
    }

    public void release(Block block) {
        change(block, State.HELD, State.FREE);
    }

    private void change(Block block, State from, State to) {
        for (int column = block.firstColumn(); column < block.firstColumn() + block.size(); column++) {
            if (states[block.row()][column] != from) {
                throw new SeatConflictException(block.row(), column, states[block.row()][column]);
            }
        }
        for (int column = block.firstColumn(); column < block.firstColumn() + block.size(); column++) {
            states[block.row()][column] = to;
        }
        counts.merge(from, -block.size(), Integer::sum);
        counts.merge(to, block.size(), Integer::sum);
    }

    public static final class SeatConflictException extends RuntimeException {
        SeatConflictException(int row, int column, State state) {
            super("seat " + (row + 1) + "/" + (column + 1) + " is " + state.name().toLowerCase());
        }
    }
}
