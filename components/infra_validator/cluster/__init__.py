"""The backend `kubernetes`: the model server is a Pod beside the task's own."""
